/** The life of an exchange seen from outside: events, the record, and what must not be in either. */
export { assembleRecord } from './assemble-record.js';
export { encodeRecord } from './encode-record.js';
export { ExchangeRecorder, type RecordedEnd, type RecordedExchange, type RecordKeeper } from './exchange-recorder.js';
export type { ExchangeFacts, ExchangeResult, RawHeaders } from './exchange-result.js';
export { LifecycleBus, type ScopedObserver } from './lifecycle-bus.js';
export type { ExchangeScope } from './scope.js';
export { interruptedRecord } from './start-mark.js';
export { scrubText } from './scrub-text.js';
export { SecretRedaction } from './secret-redaction.js';
export { REDACTED } from './secret-names.js';

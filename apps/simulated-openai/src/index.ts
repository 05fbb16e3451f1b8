/** What tests and tools take from the simulation. */
export { ApiError, type ApiErrorBody } from './api-error.js';
export { Bill, type BillEntry, type ReportedUsage } from './bill.js';
export { findModel, type Effort, type Model } from './models.js';
export type { RecordedRequest } from './recorded-request.js';
export { ladderOf } from './responses/responses-reply.js';
export {
  bytes,
  chunk,
  comment,
  cutAfter,
  data,
  DONE,
  errorFrame,
  events,
  fin,
  toolDelta,
  usage,
  use,
  type UsageDetails,
} from './script/frames.js';
export { cut, Gate, gate, reset, silence, sleep, turn, type Step } from './script/gate.js';
export * from './script/script.js';
export { SimulatedOpenAI, type Rule, type SimulatedOpenAIOptions } from './server.js';

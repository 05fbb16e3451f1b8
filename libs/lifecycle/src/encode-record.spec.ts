import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { GatewayError, type LogRecord } from '#libs/plugin-api';
import { assembleRecord } from './assemble-record.js';
import { encodeRecord } from './encode-record.js';
import { aiFacts, exchangeFacts, exchangeResult, NODE, usage } from './testing/exchanges.js';

/** Mostly harmless, at times everything that JSON has to escape. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z0-9 /.,:;()-]{0,12}$/) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', '😀', 'ä') },
);
const texts = fc.array(text, { maxLength: 3 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const headers = fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.oneof({ weight: 5, arbitrary: text }, texts));
const number = fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }));

const tries = fc.array(
  fc.record({
    ip: text,
    port: fc.nat(65_535),
    balancer_start: fc.nat(),
    balancer_start_ns: number,
    balancer_latency: number,
    balancer_latency_ns: number,
  }),
  { maxLength: 2 },
);

const payload = fc.record({
  request: optional(fc.record({ text })),
  response: optional(fc.record({ text, truncated: fc.record({ bytes: fc.nat(), sha256: text }) })),
});

const ai = fc
  .record({
    requestModel: text,
    responseModel: optional(text),
    provider: text,
    mode: fc.constantFrom('stream' as const, 'oneshot' as const),
    lossy: texts,
    toolCalls: texts,
    stopReason: optional(text),
    priceSource: optional(text),
    cost: fc.option(number),
    estimated: fc.boolean(),
    usage: optional(number.map((prompt_tokens) => ({ ...usage, prompt_tokens }))),
    payload: optional(payload),
  })
  .map(aiFacts);

const agent = fc.record(
  { session_id: text, agent_id: text, parent_agent_id: text, request_class: text, client: text, client_version: text },
  { requiredKeys: [] },
);

const records: fc.Arbitrary<LogRecord> = fc
  .record({
    facts: fc.record({ ai: optional(ai), agent: optional(agent), tries, upstreamUri: optional(text) }),
    request: fc.record({ method: text, uri: text, query: text, host: text, headers, clientIp: text }),
    result: fc.record({ responseHeaders: headers, status: fc.nat(599) }),
    error: optional(text),
  })
  .map(({ facts, request, result, error }) =>
    assembleRecord(
      exchangeFacts({ ...facts, request }),
      exchangeResult({
        ...result,
        error: error === undefined ? undefined : new GatewayError('bad_request', { detail: error }),
      }),
      NODE,
    ),
  );

describe('encodeRecord', () => {
  it('writes what JSON.stringify writes, as one line of valid UTF-8', () => {
    fc.assert(
      fc.property(records, (record) => {
        const bytes = encodeRecord(record);
        const line = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        expect(line).not.toMatch(/[\r\n]/);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(record)));
      }),
      { numRuns: 150 },
    );
  });

  it('takes the record of anybody else, as it is', () => {
    const record = JSON.parse(JSON.stringify(assembleRecord(exchangeFacts(), exchangeResult(), NODE))) as LogRecord;
    expect(encodeRecord(record).toString()).toBe(JSON.stringify(record));
  });

  it('does not keep the JSON of an entity that may change', () => {
    const consumer = { id: 'c1', username: 'ada', created_at: 1, updated_at: 1 };
    const record = assembleRecord(exchangeFacts({ consumer }), exchangeResult(), NODE);
    expect(encodeRecord(record).toString()).toContain('"username":"ada"');
    consumer.username = 'bob';
    expect(encodeRecord(record).toString()).toContain('"username":"bob"');
  });
});

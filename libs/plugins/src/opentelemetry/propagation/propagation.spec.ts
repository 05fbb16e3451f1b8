import { describe, expect, it } from '@jest/globals';
import { assert, boolean, constantFrom, dictionary, property, string, uint8Array } from 'fast-check';
import { HEADER_FORMATS, opentelemetryConfig, type HeaderFormat } from '../opentelemetry.config.js';
import { FORMATS } from './formats.js';
import { Propagation } from './propagation.js';
import type { TraceParent } from './trace-parent.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const W3C = { traceparent: `00-${TRACE}-${SPAN}-01` };

const CONTEXT: TraceParent = { traceId: TRACE, spanId: SPAN, sampled: true };

const reader =
  (headers: Readonly<Record<string, string | undefined>>) =>
  (name: string): string | undefined =>
    headers[name];

const propagation = (config: object = {}): Propagation => new Propagation(opentelemetryConfig.parse(config));

const hex = (bytes: number) =>
  uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((array) => array.some((byte) => byte !== 0))
    .map((array) => Buffer.from(array).toString('hex'));

describe('a format of trace headers', () => {
  it.each<[HeaderFormat, Record<string, string>]>([
    ['w3c', W3C],
    ['b3', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }],
    ['b3', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-flags': '1' }],
    ['b3', { b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` }],
    ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:1` }],
    ['jaeger', { 'uber-trace-id': `${TRACE}%3A${SPAN}%3A0%3A1` }],
    ['ot', { 'ot-tracer-traceid': TRACE, 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'true' }],
    [
      'datadog',
      {
        'x-datadog-trace-id': BigInt('0x8448eb211c80319c').toString(),
        'x-datadog-parent-id': BigInt(`0x${SPAN}`).toString(),
        'x-datadog-sampling-priority': '2',
        'x-datadog-tags': '_dd.p.dm=-0,_dd.p.tid=0af7651916cd43dd',
      },
    ],
    ['aws', { 'x-amzn-trace-id': `Self=1; Root=1-0af76519-16cd43dd8448eb211c80319c; Parent=${SPAN}; Sampled=1` }],
    ['gcp', { 'x-cloud-trace-context': `${TRACE}/${BigInt(`0x${SPAN}`)};o=1` }],
    ['instana', { 'x-instana-t': TRACE, 'x-instana-s': SPAN, 'x-instana-l': '1' }],
  ])('%s reads %j', (format, headers) => {
    expect(FORMATS[format].extract(reader(headers))).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
  });

  it.each(HEADER_FORMATS)('%s reads what it has written', (format) => {
    assert(
      property(hex(16), hex(8), boolean(), (traceId, spanId, sampled) => {
        const context: TraceParent = { traceId, spanId, sampled };
        expect(FORMATS[format].extract(reader(FORMATS[format].inject(context)))).toEqual(context);
      }),
    );
  });

  it('reads 64-bit trace ids', () => {
    const headers = { 'x-b3-traceid': SPAN, 'x-b3-spanid': SPAN };
    expect(FORMATS.b3.extract(reader(headers))).toEqual({
      traceId: `0000000000000000${SPAN}`,
      spanId: SPAN,
      sampled: undefined,
    });
  });

  it.each([
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    '00-1-2-01',
    '',
  ])('w3c does not take %j', (traceparent) => {
    expect(FORMATS.w3c.extract(reader({ traceparent }))).toBeUndefined();
  });

  it('w3c takes a later version with more at its end', () => {
    expect(FORMATS.w3c.extract(reader({ traceparent: `01-${TRACE}-${SPAN}-00-more` }))?.sampled).toBe(false);
  });

  it('never throws, and takes ids only', () => {
    const names = constantFrom(...Object.values(FORMATS).flatMap((format) => Object.keys(format.inject(CONTEXT))));
    assert(
      property(dictionary(names, string()), (headers) => {
        for (const format of Object.values(FORMATS)) {
          const parent = format.extract(reader(headers));
          if (!parent) continue;
          expect(parent.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
          expect(parent.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
        }
      }),
    );
  });
});

describe('propagation', () => {
  const B3 = { b3: `${TRACE}-${SPAN}-1` };

  it('hands on in the format that the caller used', () => {
    const preserve = propagation();
    expect(preserve.extract(reader(W3C))).toMatchObject({ format: 'w3c' });
    expect(preserve.extract(reader({ ...W3C, ...B3 }))).toMatchObject({ format: 'b3-single' });
    expect(preserve.headers(CONTEXT, 'b3-single')).toEqual(B3);
    expect(preserve.headers(CONTEXT, undefined)).toEqual(W3C);
    expect(propagation({ propagation: { default_format: 'b3-single' } }).headers(CONTEXT, undefined)).toEqual(B3);
  });

  it('follows header_type as Kong does', () => {
    const ignore = propagation({ header_type: 'ignore' });
    expect(ignore.extract(reader(W3C))).toBeUndefined();
    expect(ignore.headers(CONTEXT, undefined)).toEqual(W3C);
    expect(propagation({ header_type: 'b3-single' }).headers(CONTEXT, 'w3c')).toEqual({ ...W3C, ...B3 });
  });

  it('extracts, injects and clears what it is told to', () => {
    const told = propagation({ propagation: { extract: ['w3c'], inject: ['b3-single'], clear: ['Traceparent'] } });
    expect(told.extract(reader(B3))).toBeUndefined();
    expect(told.extract(reader(W3C))?.format).toBe('w3c');
    expect(told.headers(CONTEXT, 'w3c')).toEqual({ traceparent: undefined, ...B3 });
    expect(told.headers(undefined, undefined)).toEqual({ traceparent: undefined });
  });

  it('hands tracestate on', () => {
    const found = propagation().extract(reader({ ...W3C, tracestate: 'a=1,b=2' }));
    expect(propagation().headers(found?.parent, 'w3c')).toEqual({ ...W3C, tracestate: 'a=1,b=2' });
    expect(propagation().extract(reader({ ...W3C, tracestate: 'x'.repeat(513) }))?.parent).not.toHaveProperty('state');
  });
});

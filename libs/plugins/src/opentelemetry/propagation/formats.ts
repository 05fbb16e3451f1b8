import type { HeaderFormat } from '../opentelemetry.config.js';
import { decimalId, hexId, toDecimal, traceParent, type TraceParent } from './trace-parent.js';

export type HeaderReader = (name: string) => string | undefined;

/** How one kind of headers tells trace context. */
interface Format {
  extract(header: HeaderReader): TraceParent | undefined;
  inject(context: TraceParent): Record<string, string>;
}

/** `tracestate` of a reasonable length is handed on (W3C Trace Context, section 3.3.1.5). */
const LONGEST_STATE = 512;

/** W3C Trace Context, level 1. */
const w3c: Format = {
  extract(header) {
    const value = header('traceparent');
    if (value === undefined) return undefined;
    const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value);
    if (!match || match[1] === 'ff' || (match[1] === '00' && match[5] !== undefined)) return undefined;
    const sampled = (Number.parseInt(match[4] ?? '', 16) & 1) === 1;
    const parent = traceParent(hexId(match[2], 32), hexId(match[3], 16), sampled);
    const state = parent && header('tracestate');
    return parent && state !== undefined && state.length <= LONGEST_STATE ? { ...parent, state } : parent;
  },
  inject({ traceId, spanId, sampled, state }) {
    const traceparent = `00-${traceId}-${spanId}-${sampled === true ? '01' : '00'}`;
    return state === undefined ? { traceparent } : { traceparent, tracestate: state };
  },
};

/** Zipkin's b3 in both of its forms. */
const b3: Format = {
  extract(header) {
    const single = header('b3');
    if (single !== undefined) {
      const [trace, span, sampled] = single.split('-');
      return traceParent(hexId(trace, 32), hexId(span, 16), decision(sampled));
    }
    const traceId = hexId(header('x-b3-traceid'), 32);
    if (traceId === undefined) return undefined;
    const sampled = header('x-b3-flags') === '1' ? true : decision(header('x-b3-sampled'));
    return traceParent(traceId, hexId(header('x-b3-spanid'), 16), sampled);
  },
  inject: ({ traceId, spanId, sampled }) => ({
    'x-b3-traceid': traceId,
    'x-b3-spanid': spanId,
    'x-b3-sampled': sampled === true ? '1' : '0',
  }),
};

const b3Single: Format = {
  extract: (header) => b3.extract(header),
  inject: ({ traceId, spanId, sampled }) => ({ b3: `${traceId}-${spanId}-${sampled === true ? '1' : '0'}` }),
};

const jaeger: Format = {
  extract(header) {
    const value = header('uber-trace-id');
    if (value === undefined) return undefined;
    const [trace, span, , flags] = value.replaceAll(/%3a/gi, ':').split(':');
    if (flags === undefined || !/^[0-9a-f]{1,2}$/i.test(flags)) return undefined;
    return traceParent(hexId(trace, 32), hexId(span, 16), (Number.parseInt(flags, 16) & 1) === 1);
  },
  inject: ({ traceId, spanId, sampled }) => ({ 'uber-trace-id': `${traceId}:${spanId}:0:${sampled === true ? 1 : 0}` }),
};

/** OpenTracing's basic tracer. */
const ot: Format = {
  extract: (header) =>
    traceParent(
      hexId(header('ot-tracer-traceid'), 32),
      hexId(header('ot-tracer-spanid'), 16),
      decision(header('ot-tracer-sampled')),
    ),
  inject: ({ traceId, spanId, sampled }) => ({
    'ot-tracer-traceid': traceId,
    'ot-tracer-spanid': spanId,
    'ot-tracer-sampled': String(sampled === true),
  }),
};

/** 64 bits in decimal; the upper half of the trace id is a tag. */
const datadog: Format = {
  extract(header) {
    const low = decimalId(header('x-datadog-trace-id'));
    if (low === undefined) return undefined;
    const high = /(?:^|,)_dd\.p\.tid=([0-9a-f]{16})(?:,|$)/i.exec(header('x-datadog-tags') ?? '')?.[1] ?? '';
    const priority = header('x-datadog-sampling-priority');
    const sampled = priority === undefined || !/^-?\d$/.test(priority) ? undefined : Number(priority) > 0;
    return traceParent(hexId(high + low, 32), decimalId(header('x-datadog-parent-id')), sampled);
  },
  inject({ traceId, spanId, sampled }) {
    const high = traceId.slice(0, 16);
    return {
      'x-datadog-trace-id': toDecimal(traceId),
      'x-datadog-parent-id': toDecimal(spanId),
      'x-datadog-sampling-priority': sampled === true ? '1' : '0',
      ...(/^0+$/.test(high) ? {} : { 'x-datadog-tags': `_dd.p.tid=${high}` }),
    };
  },
};

/** AWS X-Ray: `Root=1-8 digits-24 digits;Parent=…;Sampled=1`. */
const aws: Format = {
  extract(header) {
    const value = header('x-amzn-trace-id');
    if (value === undefined) return undefined;
    const parts = new Map(
      value.split(';').map((part) => {
        const [name = '', text = ''] = part.split('=', 2);
        return [name.trim().toLowerCase(), text.trim()];
      }),
    );
    const root = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(parts.get('root') ?? '');
    return traceParent(
      root ? hexId(`${root[1]}${root[2]}`, 32) : undefined,
      hexId(parts.get('parent'), 16),
      decision(parts.get('sampled')),
    );
  },
  inject: ({ traceId, spanId, sampled }) => ({
    'x-amzn-trace-id': `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${sampled === true ? 1 : 0}`,
  }),
};

/** Google Cloud: `trace id/span id in decimal;o=1`. */
const gcp: Format = {
  extract(header) {
    const value = header('x-cloud-trace-context');
    if (value === undefined) return undefined;
    const match = /^([0-9a-f]{32})\/(\d{1,20})(?:;o=(\d))?$/i.exec(value);
    return traceParent(hexId(match?.[1], 32), decimalId(match?.[2]), decision(match?.[3]));
  },
  inject: ({ traceId, spanId, sampled }) => ({
    'x-cloud-trace-context': `${traceId}/${toDecimal(spanId)};o=${sampled === true ? 1 : 0}`,
  }),
};

const instana: Format = {
  extract: (header) =>
    traceParent(hexId(header('x-instana-t'), 32), hexId(header('x-instana-s'), 16), decision(header('x-instana-l'))),
  inject: ({ traceId, spanId, sampled }) => ({
    'x-instana-t': traceId,
    'x-instana-s': spanId,
    'x-instana-l': sampled === true ? '1' : '0',
  }),
};

export const FORMATS: Readonly<Record<HeaderFormat, Format>> = {
  w3c,
  b3,
  'b3-single': b3Single,
  jaeger,
  ot,
  datadog,
  aws,
  gcp,
  instana,
};

function decision(text: string | undefined): boolean | undefined {
  switch (text?.toLowerCase()) {
    case '1':
    case 'true':
    case 'd':
      return true;
    case '0':
    case 'false':
      return false;
    default:
      return undefined;
  }
}

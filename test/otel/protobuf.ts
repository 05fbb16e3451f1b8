/**
 * Reads OTLP's protobuf messages into what OTLP's JSON would have been. The field numbers are those of opentelemetry-proto
 * 1.x; fields that the tests do not look at are passed over.
 */
type Kind = 'string' | 'hex' | 'bool' | 'int' | 'fixed64' | 'double' | 'doubles' | 'fixed64s' | Schema;
type Field = readonly [name: string, kind: Kind, repeated?: true];
interface Schema {
  readonly [number: number]: Field;
}

const anyValue: { [number: number]: Field } = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int'],
  4: ['doubleValue', 'double'],
};
anyValue[5] = ['arrayValue', { 1: ['values', anyValue, true] }];

const keyValue: Schema = { 1: ['key', 'string'], 2: ['value', anyValue] };
const resource: Schema = { 1: ['attributes', keyValue, true] };
const scope: Schema = { 1: ['name', 'string'], 2: ['version', 'string'] };

const span: Schema = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'int'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', keyValue, true],
  15: ['status', { 2: ['message', 'string'], 3: ['code', 'int'] }],
};

const logRecord: Schema = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'int'],
  3: ['severityText', 'string'],
  5: ['body', anyValue],
  6: ['attributes', keyValue, true],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  12: ['eventName', 'string'],
};

const numberPoint: Schema = { 4: ['asDouble', 'double'], 6: ['asInt', 'fixed64'], 7: ['attributes', keyValue, true] };
const histogramPoint: Schema = {
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', 'fixed64s'],
  7: ['explicitBounds', 'doubles'],
  9: ['attributes', keyValue, true],
};
const metric: Schema = {
  1: ['name', 'string'],
  3: ['unit', 'string'],
  7: [
    'sum',
    { 1: ['dataPoints', numberPoint, true], 2: ['aggregationTemporality', 'int'], 3: ['isMonotonic', 'bool'] },
  ],
  9: ['histogram', { 1: ['dataPoints', histogramPoint, true], 2: ['aggregationTemporality', 'int'] }],
};

const ofResource = (list: string, scoped: string, items: string, item: Schema): Schema => ({
  1: [list, { 1: ['resource', resource], 2: [scoped, { 1: ['scope', scope], 2: [items, item, true] }, true] }, true],
});

export const decodeTraces = (body: Buffer): object =>
  decode(body, ofResource('resourceSpans', 'scopeSpans', 'spans', span));
export const decodeLogs = (body: Buffer): object =>
  decode(body, ofResource('resourceLogs', 'scopeLogs', 'logRecords', logRecord));
export const decodeMetrics = (body: Buffer): object =>
  decode(body, ofResource('resourceMetrics', 'scopeMetrics', 'metrics', metric));

function decode(bytes: Buffer, schema: Schema): object {
  const message: Record<string, unknown> = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = schema[tag >> 3];
    let raw: bigint | Buffer;
    switch (tag & 7) {
      case 0:
        raw = varint();
        break;
      case 1:
        raw = bytes.subarray(at, (at += 8));
        break;
      case 2: {
        const length = Number(varint());
        raw = bytes.subarray(at, (at += length));
        break;
      }
      case 5:
        raw = bytes.subarray(at, (at += 4));
        break;
      default:
        throw new Error(`wire type ${tag & 7}`);
    }
    if (!field) continue;
    const [name, kind, repeated] = field;
    const value = valueOf(raw, kind);
    if (repeated) ((message[name] ??= []) as unknown[]).push(value);
    else message[name] = value;
  }
  return message;
}

function valueOf(raw: bigint | Buffer, kind: Kind): unknown {
  if (typeof raw === 'bigint') return kind === 'bool' ? raw === 1n : Number(BigInt.asIntN(64, raw));
  switch (kind) {
    case 'string':
      return raw.toString();
    case 'hex':
      return raw.toString('hex');
    case 'double':
      return raw.readDoubleLE();
    case 'fixed64':
      return String(raw.readBigUInt64LE());
    case 'doubles':
      return Array.from({ length: raw.length / 8 }, (_, i) => raw.readDoubleLE(8 * i));
    case 'fixed64s':
      return Array.from({ length: raw.length / 8 }, (_, i) => Number(raw.readBigUInt64LE(8 * i)));
    default:
      return typeof kind === 'string' ? raw : decode(raw, kind);
  }
}

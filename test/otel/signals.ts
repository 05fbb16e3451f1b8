type Attributes = Readonly<Record<string, unknown>>;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  /** 0: unset, 2: error. */
  readonly status: number;
  readonly message: string | undefined;
}

export interface LogEntry {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly eventName: string | undefined;
  readonly severity: string | undefined;
  readonly body: unknown;
  readonly attributes: Attributes;
}

/** One series of a metric. */
export interface Point {
  readonly name: string;
  readonly unit: string;
  /** Of a sum. */
  readonly value: number | undefined;
  /** Of a histogram. */
  readonly count: number | undefined;
  readonly sum: number | undefined;
  readonly bounds: readonly number[] | undefined;
  readonly attributes: Attributes;
}

type Json = Readonly<Record<string, unknown>>;

/** A message of OTLP as plain lists. */
export function flattened(message: object): {
  spans: Span[];
  logs: LogEntry[];
  points: Point[];
  resource: Attributes;
} {
  const found = { spans: [] as Span[], logs: [] as LogEntry[], points: [] as Point[], resource: {} as Attributes };
  for (const ofResource of items(Object.values(message as Json)[0])) {
    found.resource = attributesOf(ofResource['resource']);
    for (const ofScope of items(ofResource['scopeSpans'] ?? ofResource['scopeLogs'] ?? ofResource['scopeMetrics'])) {
      found.spans.push(...items(ofScope['spans']).map(spanOf));
      found.logs.push(...items(ofScope['logRecords']).map(logOf));
      found.points.push(...items(ofScope['metrics']).flatMap(pointsOf));
    }
  }
  return found;
}

function spanOf(span: Json): Span {
  const status = (span['status'] ?? {}) as Json;
  return {
    traceId: String(span['traceId']),
    spanId: String(span['spanId']),
    parentSpanId: idOf(span['parentSpanId']),
    name: String(span['name']),
    kind: Number(span['kind']),
    start: BigInt(String(span['startTimeUnixNano'])),
    end: BigInt(String(span['endTimeUnixNano'])),
    attributes: attributesOf(span),
    status: Number(status['code'] ?? 0),
    message: status['message'] as string | undefined,
  };
}

function logOf(log: Json): LogEntry {
  return {
    traceId: idOf(log['traceId']),
    spanId: idOf(log['spanId']),
    eventName: idOf(log['eventName']),
    severity: idOf(log['severityText']),
    body: valueOf(log['body']),
    attributes: attributesOf(log),
  };
}

function pointsOf(metric: Json): Point[] {
  const data = (metric['sum'] ?? metric['histogram'] ?? {}) as Json;
  return items(data['dataPoints']).map((point) => {
    const value = point['asDouble'] ?? point['asInt'];
    return {
      name: String(metric['name']),
      unit: String(metric['unit']),
      value: value === undefined ? undefined : Number(value),
      count: point['count'] === undefined ? undefined : Number(point['count']),
      sum: point['sum'] as number | undefined,
      bounds: point['explicitBounds'] as number[] | undefined,
      attributes: attributesOf(point),
    };
  });
}

function attributesOf(owner: unknown): Attributes {
  return Object.fromEntries(
    items((owner as Json | undefined)?.['attributes']).map(({ key, value }) => [String(key), valueOf(value)]),
  );
}

function valueOf(any: unknown): unknown {
  const [entry] = Object.entries((any ?? {}) as Json);
  if (!entry) return undefined;
  const [kind, value] = entry;
  if (kind === 'arrayValue') return items((value as Json)['values']).map(valueOf);
  return kind === 'intValue' ? Number(value) : value;
}

function items(list: unknown): Json[] {
  return Array.isArray(list) ? (list as Json[]) : [];
}

function idOf(text: unknown): string | undefined {
  return typeof text === 'string' && text !== '' ? text : undefined;
}

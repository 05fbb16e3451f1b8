import { z } from '#libs/plugin-api';

/** Header formats of trace context; `b3` is the one with several headers. */
export const HEADER_FORMATS = ['w3c', 'b3', 'b3-single', 'jaeger', 'ot', 'datadog', 'aws', 'gcp', 'instana'] as const;
export type HeaderFormat = (typeof HEADER_FORMATS)[number];

const endpoint = (what: string) =>
  z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
    .optional()
    .describe(what);

const timeout = (what: string) => z.int().min(0).max(2_147_483_646).optional().describe(what);

const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'expected a header name');

const off = (what: string) => z.boolean().default(false).describe(what);

const metricsSchema = z.strictObject({
  endpoint: endpoint('URL that metrics are sent to, e.g. http://localhost:4318/v1/metrics'),
  push_interval: z.number().min(0.1).optional().describe('Seconds between two sendings; default 60'),
  enable_ai_metrics: z.boolean().default(true).describe('gen_ai.client.inference.* and kong.gen_ai.llm.cost'),
  enable_request_metrics: off('http.server.request.count'),
  enable_bandwidth_metrics: off('http.server.request.size, http.server.response.size'),
  enable_latency_metrics: off('kong.latency.total, kong.latency.internal, kong.latency.upstream'),
  enable_consumer_attribute: off('kong.auth.consumer.name on http.server.*; at most 200 of them, then `other`'),
  enable_upstream_health_metrics: off(
    'kong.upstream.target.status; without samples, as in Kong without `upstreams`, of which this gateway has none',
  ),
});

/** Defaults that an environment variable may stand in for are given where the two are brought together. */
const queueSchema = z
  .strictObject({
    max_batch_size: z.int().min(1).max(1_000_000).describe('Entries sent at once at most; default 200'),
    max_coalescing_delay: z.number().min(0).max(3600).describe('Seconds that an entry waits for others; default 1'),
    max_entries: z
      .int()
      .min(1)
      .max(1_000_000)
      .describe('Entries in line at most, later ones are dropped; default 10000'),
    max_bytes: z.int().min(1).describe('Bytes of prompts and answers in line at most; default 64 MiB'),
    max_retry_time: z.number().describe('Seconds until a batch is given up; 0 or less: no retry; default 60'),
    initial_retry_delay: z
      .number()
      .min(0.001)
      .max(1_000_000)
      .describe('Seconds; doubled from retry to retry; default 0.01'),
    max_retry_delay: z.number().min(0.001).max(1_000_000).describe('Seconds between two retries at most; default 60'),
    concurrency_limit: z.int().describe('1: batches are sent one after the other'),
  })
  .partial();

const propagationSchema = z.strictObject({
  extract: z
    .array(z.enum(HEADER_FORMATS.filter((format) => format !== 'b3-single')))
    .optional()
    .describe('Formats looked for in a request, the first one found counts; b3 is both of its forms'),
  inject: z
    .array(z.enum(['preserve', ...HEADER_FORMATS]))
    .optional()
    .describe('Formats of requests to upstreams; preserve: the one of the client’s request'),
  clear: z.array(headerName).optional().describe('Headers that upstreams do not get'),
  default_format: z.enum(HEADER_FORMATS).default('w3c').describe('What preserve stands for when the client sent none'),
});

export const opentelemetryConfig = z.strictObject({
  traces_endpoint: endpoint('URL that traces are sent to, e.g. http://localhost:4318/v1/traces'),
  endpoint: endpoint('Old name of traces_endpoint'),
  logs_endpoint: endpoint('URL that log records are sent to, e.g. http://localhost:4318/v1/logs'),
  access_logs_endpoint: endpoint('The same; there is one kind of log record, and an URL named twice gets it once'),
  access_logs: z
    .strictObject({
      endpoint: endpoint('The same'),
      custom_attributes_by_lua: z.record(z.string(), z.string()).optional().describe('Not available: there is no Lua'),
    })
    .optional(),
  metrics: metricsSchema.prefault({}),
  protocol: z
    .enum(['http/protobuf', 'http/json', 'grpc'])
    .optional()
    .describe('How all of it is sent; with grpc an endpoint is scheme, host and port; default http/protobuf'),
  headers: z.record(headerName, z.string()).optional().describe('Headers sent with it, e.g. a credential'),
  resource_attributes: z
    .record(z.string().min(1), z.string().min(1))
    .optional()
    .describe('Attributes of the resource; service.name is tidegate unless it is among them'),
  queue: queueSchema.prefault({}),
  batch_span_count: z.int().min(1).optional().describe('Old name of queue.max_batch_size'),
  batch_flush_delay: z.number().min(0).optional().describe('Old name of queue.max_coalescing_delay'),
  connect_timeout: timeout(
    'Milliseconds; a batch has the sum of the three to be taken; none of them set: 10000 in all',
  ),
  send_timeout: timeout('Milliseconds'),
  read_timeout: timeout('Milliseconds'),
  http_response_header_for_traceid: headerName.optional().describe('Response header that tells the trace id'),
  header_type: z
    .enum(['preserve', 'ignore', ...HEADER_FORMATS])
    .default('preserve')
    .describe('Older way to say what propagation says'),
  propagation: propagationSchema.prefault({}),
  sampling_rate: z.number().min(0).max(1).optional().describe('Share of the exchanges that are traced; default 1'),
  sampling_strategy: z
    .enum(['parent_drop_probability_fallback', 'parent_probability_fallback'])
    .optional()
    .describe('Whether the caller’s decision counts only when it is no (the default), or always'),
});

export type OpentelemetryConfig = z.output<typeof opentelemetryConfig>;

interface Problem {
  path: (string | number)[];
  message: string;
}

/** What the schema cannot see. */
export function checkOpentelemetryConfig(config: OpentelemetryConfig): Problem[] {
  const problems: Problem[] = [];
  const { propagation, queue } = config;
  if (config.access_logs?.custom_attributes_by_lua !== undefined) {
    problems.push({
      path: ['access_logs', 'custom_attributes_by_lua'],
      message: 'is not available, there is no Lua here',
    });
  }
  if (queue.concurrency_limit !== undefined && queue.concurrency_limit !== 1) {
    problems.push({ path: ['queue', 'concurrency_limit'], message: 'allowed: 1' });
  }
  if (config.endpoint !== undefined && config.traces_endpoint !== undefined) {
    problems.push({ path: ['endpoint'], message: 'is the old name of traces_endpoint, leave it out' });
  }
  if (config.header_type !== 'preserve' && (propagation.extract ?? propagation.inject ?? propagation.clear)) {
    problems.push({ path: ['header_type'], message: 'has no effect beside propagation, leave one of them out' });
  }
  for (const [path, url] of endpointsOf(config)) {
    if (config.protocol === 'grpc' && url !== undefined && new URL(url).pathname !== '/') {
      problems.push({
        path,
        message: 'has a path, which protocol grpc does not take: scheme, host and port are enough',
      });
    }
  }
  for (const [name, value] of Object.entries(config.resource_attributes ?? {})) {
    if (value.includes('${')) {
      problems.push({ path: ['resource_attributes', name], message: 'is a template; only fixed values are available' });
    }
  }
  return problems;
}

function endpointsOf(config: OpentelemetryConfig): [path: string[], url: string | undefined][] {
  return [
    [['traces_endpoint'], config.traces_endpoint],
    [['endpoint'], config.endpoint],
    [['logs_endpoint'], config.logs_endpoint],
    [['access_logs_endpoint'], config.access_logs_endpoint],
    [['access_logs', 'endpoint'], config.access_logs?.endpoint],
    [['metrics', 'endpoint'], config.metrics.endpoint],
  ];
}

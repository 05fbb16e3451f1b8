import type { OpentelemetryConfig } from './opentelemetry.config.js';
import type { Sampling } from './sampling.js';

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
export type OtlpProtocol = (typeof PROTOCOLS)[number];
export type Signal = 'traces' | 'metrics' | 'logs';

/** Where one signal goes. */
export interface Destination {
  readonly protocol: OtlpProtocol;
  /** Undefined: the exporter takes it from `OTEL_EXPORTER_OTLP_…`. */
  readonly url: string | undefined;
}

/** Times in milliseconds. */
export interface QueueSettings {
  readonly maxBatch: number;
  readonly delay: number;
  readonly maxEntries: number;
  /** Of prompts and answers. */
  readonly maxBytes: number;
}

/** Times in milliseconds. */
export interface RetrySettings {
  /** Until a batch is given up; 0: no retry. */
  readonly maxTime: number;
  readonly firstDelay: number;
  readonly maxDelay: number;
}

/** The configuration and the environment in one. Times in milliseconds. */
export interface TelemetrySettings {
  readonly traces: Destination | undefined;
  readonly logs: readonly Destination[];
  readonly metrics: Destination | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly spanQueue: QueueSettings;
  readonly logQueue: QueueSettings;
  readonly retry: RetrySettings;
  /** For a batch to be taken, retries of the exporter included; undefined: the exporter's own, 10 s or `OTEL_EXPORTER_OTLP_TIMEOUT`. */
  readonly timeout: number | undefined;
  readonly metricInterval: number;
  readonly sampling: Sampling;
}

type Environment = Readonly<Record<string, string | undefined>>;

const MIB = 1024 * 1024;

/**
 * The variables of OpenTelemetry's specification stand in where the configuration is silent (docs/tracing.md lists them).
 * @throws Error that names a variable with a value that cannot be used.
 */
export function telemetrySettings(config: OpentelemetryConfig, env: Environment): TelemetrySettings {
  const enabled = variable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() !== 'true';
  const { queue, metrics } = config;
  const seconds = (value: number): number => value * 1000;
  return {
    traces: enabled ? destination(config, env, 'traces', config.traces_endpoint ?? config.endpoint) : undefined,
    metrics: enabled ? destination(config, env, 'metrics', metrics.endpoint) : undefined,
    logs: enabled ? logDestinations(config, env) : [],
    headers: config.headers ?? {},
    resourceAttributes: config.resource_attributes ?? {},
    spanQueue: queueSettings(config, env, 'OTEL_BSP'),
    logQueue: queueSettings(config, env, 'OTEL_BLRP'),
    retry: {
      maxTime: Math.max(0, seconds(queue.max_retry_time ?? 60)),
      firstDelay: seconds(queue.initial_retry_delay ?? 0.01),
      maxDelay: seconds(queue.max_retry_delay ?? 60),
    },
    timeout: timeoutOf(config),
    metricInterval:
      metrics.push_interval === undefined
        ? (positive(env, 'OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000)
        : seconds(metrics.push_interval),
    sampling: sampling(config, env),
  };
}

/** Whether anything is to be sent anywhere, or sending is turned off on purpose. */
export function hasDestination(config: OpentelemetryConfig, env: Environment): boolean {
  if (variable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return true;
  const { traces, logs, metrics } = telemetrySettings(config, env);
  return traces !== undefined || metrics !== undefined || logs.length > 0;
}

/** Kong's three timeouts in one, which is what the exporters have; those not set beside others have Kong's defaults. */
function timeoutOf(config: OpentelemetryConfig): number | undefined {
  const { connect_timeout: connect, send_timeout: send, read_timeout: read } = config;
  if (connect === undefined && send === undefined && read === undefined) return undefined;
  return Math.max(1, (connect ?? 1000) + (send ?? 5000) + (read ?? 5000));
}

function logDestinations(config: OpentelemetryConfig, env: Environment): Destination[] {
  const named = [config.logs_endpoint, config.access_logs_endpoint, config.access_logs?.endpoint];
  const urls = new Set(named.filter((url) => url !== undefined));
  const urlsOrEnvironment = urls.size === 0 ? [undefined] : [...urls];
  return urlsOrEnvironment.flatMap((url) => destination(config, env, 'logs', url) ?? []);
}

function destination(
  config: OpentelemetryConfig,
  env: Environment,
  signal: Signal,
  url: string | undefined,
): Destination | undefined {
  const name = signal.toUpperCase();
  if (url === undefined) {
    const exporters = variable(env, `OTEL_${name}_EXPORTER`)?.split(',') ?? ['otlp'];
    const target = variable(env, `OTEL_EXPORTER_OTLP_${name}_ENDPOINT`) ?? variable(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
    if (target === undefined || !exporters.some((exporter) => exporter.trim() === 'otlp')) return undefined;
  }
  return { url, protocol: config.protocol ?? protocolOf(env, name) };
}

function protocolOf(env: Environment, signal: string): OtlpProtocol {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const value = variable(env, name);
    if (value === undefined) continue;
    const protocol = PROTOCOLS.find((known) => known === value);
    if (protocol === undefined) throw new Error(`${name}: expected one of ${PROTOCOLS.join(', ')}, got "${value}"`);
    return protocol;
  }
  return 'http/protobuf';
}

function queueSettings(config: OpentelemetryConfig, env: Environment, prefix: string): QueueSettings {
  const { queue, batch_span_count: batch, batch_flush_delay: delay } = config;
  const seconds = queue.max_coalescing_delay ?? delay;
  const maxEntries = queue.max_entries ?? positive(env, `${prefix}_MAX_QUEUE_SIZE`) ?? 10_000;
  const maxBatch = queue.max_batch_size ?? batch ?? positive(env, `${prefix}_MAX_EXPORT_BATCH_SIZE`) ?? 200;
  return {
    maxBatch: Math.min(maxBatch, maxEntries),
    delay: seconds === undefined ? (positive(env, `${prefix}_SCHEDULE_DELAY`) ?? 1000) : seconds * 1000,
    maxEntries,
    maxBytes: queue.max_bytes ?? 64 * MIB,
  };
}

function sampling(
  { sampling_rate: rate, sampling_strategy: strategy }: OpentelemetryConfig,
  env: Environment,
): Sampling {
  const sampler = rate === undefined ? variable(env, 'OTEL_TRACES_SAMPLER') : undefined;
  if (sampler === undefined) {
    return { strategy: strategy ?? 'parent_drop_probability_fallback', rate: rate ?? 1 };
  }
  const [, parentBased, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(sampler) ?? [];
  if (kind === undefined) {
    throw new Error(
      `OTEL_TRACES_SAMPLER: expected always_on, always_off or traceidratio, with or without parentbased_, got "${sampler}"`,
    );
  }
  const ratio = Number(variable(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1);
  if (kind === 'traceidratio' && !(ratio >= 0 && ratio <= 1)) {
    throw new Error('OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1');
  }
  return {
    strategy: strategy ?? (parentBased === undefined ? 'probability' : 'parent_probability_fallback'),
    rate: kind === 'traceidratio' ? ratio : kind === 'always_on' ? 1 : 0,
  };
}

/** An empty variable counts as unset. */
function variable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function positive(env: Environment, name: string): number | undefined {
  const value = variable(env, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0)) throw new Error(`${name}: expected a number above 0, got "${value}"`);
  return number;
}

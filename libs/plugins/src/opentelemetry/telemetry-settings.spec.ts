import { describe, expect, it } from '@jest/globals';
import { checkOpentelemetryConfig, opentelemetryConfig } from './opentelemetry.config.js';
import { hasDestination, telemetrySettings } from './telemetry-settings.js';

const parse = (config: object) => opentelemetryConfig.parse(config);
const settings = (config: object, env: Readonly<Record<string, string>> = {}) => telemetrySettings(parse(config), env);
const problems = (config: object) => checkOpentelemetryConfig(parse(config)).map(({ path }) => path.join('.'));

const TRACES = { traces_endpoint: 'http://c:4318/v1/traces' };

describe('the settings of telemetry', () => {
  it('have Kong’s defaults', () => {
    expect(settings(TRACES)).toMatchObject({
      traces: { url: 'http://c:4318/v1/traces', protocol: 'http/protobuf' },
      metrics: undefined,
      logs: [],
      spanQueue: { maxBatch: 200, delay: 1000, maxEntries: 10_000 },
      retry: { maxTime: 60_000, firstDelay: 10, maxDelay: 60_000 },
      timeout: undefined,
      metricInterval: 60_000,
      sampling: { strategy: 'parent_drop_probability_fallback', rate: 1 },
    });
  });

  it('take the whole of an entry as Kong’s tools write it', () => {
    const whole = {
      ...TRACES,
      logs_endpoint: 'http://c:4318/v1/logs',
      access_logs_endpoint: 'http://c:4318/v1/logs',
      access_logs: { endpoint: 'http://d:4318/v1/logs' },
      metrics: { endpoint: 'http://c:4318/v1/metrics', push_interval: 10, enable_ai_metrics: false },
      connect_timeout: 1000,
      send_timeout: 5000,
      read_timeout: 6000,
      header_type: 'preserve',
      propagation: { default_format: 'w3c' },
      queue: {
        concurrency_limit: 1,
        initial_retry_delay: 0.5,
        max_batch_size: 100,
        max_coalescing_delay: 2,
        max_entries: 50,
        max_retry_delay: 3,
        max_retry_time: -1,
      },
      sampling_rate: 0.5,
      sampling_strategy: 'parent_probability_fallback',
    };
    expect(problems(whole)).toEqual([]);
    expect(settings(whole)).toMatchObject({
      logs: [{ url: 'http://c:4318/v1/logs' }, { url: 'http://d:4318/v1/logs' }],
      metricInterval: 10_000,
      timeout: 12_000,
      spanQueue: { maxBatch: 50, delay: 2000, maxEntries: 50 },
      retry: { maxTime: 0, firstDelay: 500, maxDelay: 3000 },
      sampling: { strategy: 'parent_probability_fallback', rate: 0.5 },
    });
    expect(settings({ ...TRACES, batch_span_count: 5, batch_flush_delay: 3 }).spanQueue).toMatchObject({
      maxBatch: 5,
      delay: 3000,
    });
    expect(settings({ endpoint: TRACES.traces_endpoint }).traces?.url).toBe(TRACES.traces_endpoint);
  });

  it('take from the environment what the configuration does not say', () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://env:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_BSP_MAX_QUEUE_SIZE: '99',
      OTEL_BSP_SCHEDULE_DELAY: '7',
      OTEL_METRIC_EXPORT_INTERVAL: '1234',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    };
    expect(settings({}, env)).toMatchObject({
      traces: { url: undefined, protocol: 'grpc' },
      logs: [{ url: undefined, protocol: 'http/json' }],
      metrics: undefined,
      spanQueue: { maxEntries: 99, maxBatch: 99, delay: 7 },
      metricInterval: 1234,
      sampling: { strategy: 'parent_probability_fallback', rate: 0.1 },
    });
    const said = { ...TRACES, protocol: 'http/json', sampling_rate: 1, queue: { max_entries: 3 } };
    expect(settings(said, env)).toMatchObject({
      traces: { url: TRACES.traces_endpoint, protocol: 'http/json' },
      spanQueue: { maxEntries: 3 },
      sampling: { rate: 1 },
    });
    expect(settings(TRACES, { OTEL_TRACES_SAMPLER: 'always_off' }).sampling).toEqual({
      strategy: 'probability',
      rate: 0,
    });
  });

  it('turn everything off where the environment says so', () => {
    const env = { OTEL_SDK_DISABLED: 'true' };
    expect(settings(TRACES, env)).toMatchObject({ traces: undefined, logs: [], metrics: undefined });
    expect(hasDestination(parse({}), env)).toBe(true);
    expect(hasDestination(parse({}), {})).toBe(false);
    expect(hasDestination(parse(TRACES), {})).toBe(true);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift' }, /^OTEL_EXPORTER_OTLP_PROTOCOL: expected one of http\/protobuf/],
    [{ OTEL_TRACES_SAMPLER: 'xray' }, /^OTEL_TRACES_SAMPLER: expected always_on/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /^OTEL_TRACES_SAMPLER_ARG: expected/],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }, /^OTEL_BSP_MAX_QUEUE_SIZE: expected a number above 0/],
  ])('refuse %j', (env, message) => {
    expect(() => settings(TRACES, env)).toThrow(message);
  });

  it.each([
    [{ access_logs: { custom_attributes_by_lua: { a: 'b' } } }, 'access_logs.custom_attributes_by_lua'],
    [{ queue: { concurrency_limit: -1 } }, 'queue.concurrency_limit'],
    [{ endpoint: TRACES.traces_endpoint }, 'endpoint'],
    [{ header_type: 'ignore', propagation: { inject: ['w3c'] } }, 'header_type'],
    [{ resource_attributes: { a: '${kong.service.name}' } }, 'resource_attributes.a'],
    [{ protocol: 'grpc' }, 'traces_endpoint'],
  ])('refuse the field in %j', (more, path) => {
    expect(problems({ ...TRACES, ...more })).toEqual([path]);
  });

  it('refuse what is no URL', () => {
    expect(() => parse({ traces_endpoint: 'collector:4318' })).toThrow('expected an http or https URL');
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, get, howToConfig } from '../support/index.js';
import { valueOf } from '../../libs/plugins/src/prometheus/testing/exposition.js';
import { Collector } from './collector.js';
import { OtelStage, QUICK, traces, type OtelStageOptions } from './stage.js';

let stage: OtelStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const open = async (options: OtelStageOptions = {}): Promise<OtelStage> => (stage = await OtelStage.open(options));

const counter = async (what: string, signal = 'traces'): Promise<number | undefined> => {
  const page = await get(`${stage?.stage.gateway.status}/metrics`);
  return valueOf(page.text, `tidegate_otel_${what}_total`, { signal });
};

const protocolConfig =
  (protocol: string, more: object = {}) =>
  ({ url, grpcUrl }: Collector): object => {
    const [base, path] = protocol === 'grpc' ? [grpcUrl, () => ''] : [url, (signal: string) => `/v1/${signal}`];
    return {
      protocol,
      traces_endpoint: base + path('traces'),
      logs_endpoint: base + path('logs'),
      metrics: { endpoint: base + path('metrics'), push_interval: 0.1 },
      headers: { 'X-Token': 'of-the-collector' },
      resource_attributes: { 'service.name': 'our-gateway', 'deployment.environment': 'test' },
      queue: QUICK,
      ...more,
    };
  };

describe('telemetry is sent', () => {
  it.each(['http/protobuf', 'http/json', 'grpc'])(
    'by %s, with the configured headers and resource',
    async (protocol) => {
      const { collector, ...opened } = await open({ config: protocolConfig(protocol) });
      void opened;
      const answer = await stage!.ask();
      const [server, client] = await stage!.traceOf(answer);
      expect([server.name, client?.name]).toEqual(['POST /anything', 'chat gpt-5-mini']);
      const log = await collector.logOf('tidegate.exchange');
      expect(log).toMatchObject({ traceId: server.traceId, spanId: server.spanId, severity: 'INFO' });
      await collector.until(() => collector.points.length > 0, 'metrics');
      expect(collector.resource).toMatchObject({ 'service.name': 'our-gateway', 'deployment.environment': 'test' });
      for (const { headers } of collector.received) {
        expect(headers).toMatchObject({
          'x-token': 'of-the-collector',
          'content-type':
            protocol === 'http/json'
              ? 'application/json'
              : protocol === 'grpc'
                ? expect.stringMatching(/^application\/grpc/)
                : 'application/x-protobuf',
        });
      }
      await eventually(async () => (await counter('exported')) === 2, { what: 'two spans are counted' });
      expect(await counter('exported', 'logs')).toBe(1);
      expect(await counter('failed')).toBe(0);
    },
  );

  it('to where the variables of OpenTelemetry say, as they say', async () => {
    const { collector } = await open({
      config: () => ({}),
      env: ({ url }) => ({
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-token=from-the-environment',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_SERVICE_NAME: 'named-by-variable',
        OTEL_RESOURCE_ATTRIBUTES: 'team=blue',
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_BLRP_SCHEDULE_DELAY: '20',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOG_LEVEL: 'debug',
      }),
    });
    await stage!.traceOf(await stage!.ask());
    await collector.logOf('tidegate.exchange');
    expect(collector.resource).toMatchObject({ 'service.name': 'named-by-variable', team: 'blue' });
    expect(stage!.stage.gateway.stdout).toHaveLength(1);
    expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/logs']));
    for (const { headers } of collector.received) {
      expect(headers).toMatchObject({ 'x-token': 'from-the-environment', 'content-encoding': 'gzip' });
    }
  });

  it('when a collector comes back, and meanwhile exchanges go on', async () => {
    const { collector } = await open();
    await collector.down();
    const answers = [await stage!.ask(), await stage!.ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await collector.up();
    for (const answer of answers) await stage!.traceOf(answer);
    await eventually(async () => (await counter('exported')) === 4, { what: 'all spans are counted' });
    expect([await counter('failed'), await counter('dropped')]).toEqual([0, 0]);
  });

  it('before the gateway ends', async () => {
    const { collector } = await open({
      config: ({ url }) => ({
        traces_endpoint: `${url}/v1/traces`,
        logs_endpoint: `${url}/v1/logs`,
        metrics: { endpoint: `${url}/v1/metrics` },
        queue: { max_coalescing_delay: 3600 },
      }),
    });
    const answer = await stage!.ask();
    expect(answer.status).toBe(200);
    const exit = await stage!.stage.gateway.stop();
    expect(exit).toEqual({ code: 0, signal: null });
    expect(collector.spans.map(({ name }) => name).sort()).toEqual(['POST /anything', 'chat gpt-5-mini']);
    expect(collector.logs).toHaveLength(1);
    expect(collector.points.length).toBeGreaterThan(0);
  });

  it('before an old configuration is given up, and with the new one afterwards', async () => {
    const { collector } = await open({
      config: ({ url }) => ({ traces_endpoint: `${url}/v1/traces`, queue: { max_coalescing_delay: 3600 } }),
    });
    const before = await stage!.ask();
    const { gateway, place } = stage!.stage;
    const entry = { ...traces(collector), resource_attributes: { 'service.name': 'renamed' } };
    await gateway.writeConfig(howToConfig({ ...place, plugins: [{ name: 'opentelemetry', config: entry }] }));
    await stage!.traceOf(before);
    expect(collector.resource['service.name']).toBe('tidegate');
    await stage!.traceOf(await stage!.ask());
    expect(collector.resource['service.name']).toBe('renamed');
  });
});

describe('telemetry that nobody takes', () => {
  it('is counted and told once, and costs no exchange', async () => {
    await open({
      config: ({ url }) => ({
        ...traces(Object.assign({}, { url }) as Collector),
        queue: { ...QUICK, max_retry_time: 0 },
      }),
    });
    stage!.collector.status = 400;
    for (let i = 0; i < 3; i++) expect((await stage!.ask()).status).toBe(200);
    await eventually(async () => (await counter('failed')) === 6, { within: 30_000, what: 'six spans are given up' });
    const { gateway } = stage!.stage;
    const told = gateway.stderr.filter((line) => line.includes('traces could not be sent to 127.0.0.1:'));
    expect(told).toHaveLength(1);
    expect(await counter('exported')).toBe(0);
  });

  it('is dropped when its line is full', async () => {
    const { collector } = await open({
      config: ({ url }) => ({
        traces_endpoint: `${url}/v1/traces`,
        queue: { max_coalescing_delay: 3600, max_entries: 2, max_batch_size: 2 },
      }),
    });
    await collector.down();
    for (let i = 0; i < 3; i++) expect((await stage!.ask()).status).toBe(200);
    // Two are on their way, two in line.
    await eventually(async () => (await counter('dropped')) === 2, { what: 'spans are dropped' });
    const { gateway } = stage!.stage;
    await gateway.logLine((line) => line.includes('traces are dropped'));
  });
});

describe('sampling', () => {
  it('takes none of the exchanges at 0, and tells the upstream so', async () => {
    const { collector } = await open({
      config: (at) => ({ ...traces(at), logs_endpoint: `${at.url}/v1/logs`, sampling_rate: 0 }),
    });
    await stage!.ask();
    await collector.logOf('tidegate.exchange');
    expect(collector.spans).toEqual([]);
    expect(stage!.openai.requests[0]?.headers.traceparent).toMatch(/-00$/);
  });
});

describe('an entry', () => {
  it('that names no destination is refused', async () => {
    await expect(open({ config: () => ({}) })).rejects.toThrow(/says nowhere to send to: set traces_endpoint/);
  });

  it('without traces hands the caller’s context on as it is', async () => {
    const { collector } = await open({
      config: ({ url }) => ({ logs_endpoint: `${url}/v1/logs`, access_logs_endpoint: `${url}/v1/logs`, queue: QUICK }),
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await stage!.ask({}, { traceparent });
    expect(stage!.openai.requests[0]?.headers.traceparent).toBe(traceparent);
    const log = await collector.logOf('tidegate.exchange');
    expect(log).toMatchObject({ traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52) });
    expect(collector.logs).toHaveLength(1);
  });
});

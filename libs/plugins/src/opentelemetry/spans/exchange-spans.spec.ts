import { describe, expect, it } from '@jest/globals';
import { emptyResource } from '@opentelemetry/resources';
import type { UpstreamAttempt } from '#libs/plugin-api';
import type { FinishedExchange } from '../finished-exchange.js';
import type { TraceContext } from '../trace-context.js';
import { exchangeFacts, exchangeSpans } from './exchange-spans.js';

const CONTEXT: TraceContext = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parent: undefined,
  format: undefined,
  sampled: true,
  attemptSpanIds: ['c'.repeat(16), 'd'.repeat(16)],
};

const attempt = (changes: Partial<UpstreamAttempt>): UpstreamAttempt => ({
  origin: 'https://api.example.com',
  startedMono: 1010,
  headersMono: undefined,
  finishedMono: undefined,
  status: undefined,
  peer: undefined,
  failure: undefined,
  ...changes,
});

/** An exchange with a service that is no model; it began at 1000 and ended at 1500. */
function event(changes: {
  attempts?: UpstreamAttempt[];
  request?: object;
  route?: object;
  status?: number;
  outcome?: string;
  error?: { code: string; message: string };
}): FinishedExchange {
  const { attempts = [], request, route, status = 200, outcome = 'completed', error } = changes;
  return {
    type: 'exchange.finished',
    at: 1500,
    error: undefined,
    exchange: { startedAt: 1_700_000_000_123, startedMono: 1000, attempts },
    record: {
      request: { id: 'r', method: 'GET', uri: '/a/b', url: 'https://[::1]:8443/a/b', ...request },
      response: { status },
      client_ip: '::1',
      upstream_uri: '/b?x=1',
      route: { id: 'id', paths: ['/a'], ...route },
      exchange: { outcome },
      ...(error && { error }),
    },
  } as unknown as FinishedExchange;
}

const spans = (finished: FinishedExchange, context = CONTEXT) =>
  exchangeSpans(finished, context, exchangeFacts(finished), {
    resource: emptyResource(),
    instrumentationScope: { name: 'test' },
  });

describe('the spans of an exchange', () => {
  it('are the HTTP conventions’ where no model is asked', () => {
    const peer = { ip: '1.2.3.4', port: 443 };
    const [client, server] = spans(event({ attempts: [attempt({ status: 200, peer, finishedMono: 1400.5 })] }));
    expect(client).toMatchObject({
      name: 'GET',
      kind: 2,
      startTime: [1_700_000_000, 133_000_000],
      endTime: [1_700_000_000, 523_500_000],
      duration: [0, 390_500_000],
      status: { code: 0 },
      parentSpanContext: { spanId: CONTEXT.spanId },
      attributes: {
        'http.request.method': 'GET',
        'url.full': 'https://api.example.com/b?x=1',
        'http.response.status_code': 200,
        'server.address': 'api.example.com',
        'server.port': 443,
        'network.peer.address': '1.2.3.4',
        'network.peer.port': 443,
      },
    });
    expect(client?.spanContext()).toEqual({ traceId: CONTEXT.traceId, spanId: 'c'.repeat(16), traceFlags: 1 });
    expect(server).toMatchObject({
      name: 'GET /a',
      kind: 1,
      parentSpanContext: undefined,
      attributes: { 'url.scheme': 'https', 'server.address': '[::1]', 'server.port': 8443, 'kong.route.name': 'id' },
    });
  });

  it('lie within the exchange, whatever became of the attempts', () => {
    const attempts = [
      attempt({ failure: 'connect', finishedMono: 1020 }),
      attempt({ startedMono: 1030 }),
      attempt({ startedMono: 1040, finishedMono: 9999, failure: 'aborted' }),
    ];
    const made = spans(event({ attempts, outcome: 'client_aborted', status: 499 }));
    expect(made.map(({ duration }) => duration[1] / 1e6)).toEqual([10, 10, 460, 500]);
    expect(made.map(({ attributes }) => attributes['error.type'])).toEqual([
      'connect',
      undefined,
      'client_aborted',
      'client_aborted',
    ]);
    expect(made.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2, undefined]);
  });

  it.each([
    [
      { request: { method: 'BREW' } },
      'HTTP /a',
      { 'http.request.method': '_OTHER', 'http.request.method_original': 'BREW' },
    ],
    [{ route: { paths: ['/x', '/a'] } }, 'GET /a', { 'http.route': '/a' }],
    [{ route: { paths: ['/x', '~/a/(?<id>.+)'] } }, 'GET ~/a/(?<id>.+)', { 'http.route': '~/a/(?<id>.+)' }],
    [{ route: { paths: undefined, name: 'by-host' } }, 'GET', { 'kong.route.name': 'by-host' }],
    [{ request: { uri: '/a?b=1' } }, 'GET /a', { 'url.path': '/a', 'url.query': 'b=1' }],
  ])('name the server’s of %j', (changes, name, attributes) => {
    const [server] = spans(event(changes));
    expect(server).toMatchObject({ name, attributes });
  });

  it.each([
    [{ status: 200 }, 0, undefined],
    [{ status: 404, outcome: 'rejected', error: { code: 'no_route', message: 'no' } }, 0, undefined],
    [{ status: 400, outcome: 'upstream_failed', error: { code: 'bad_request', message: 'no' } }, 0, undefined],
    [{ status: 503, outcome: 'rejected', error: { code: 'draining', message: 'no' } }, 2, 'draining'],
    [
      { status: 200, outcome: 'upstream_failed', error: { code: 'upstream_error', message: 'cut' } },
      2,
      'upstream_error',
    ],
    [{ status: 500 }, 2, '500'],
  ])('say of %j that its status is %d and its error %s', (changes, code, type) => {
    const [server] = spans(event(changes));
    expect(server?.status.code).toBe(code);
    expect(server?.attributes['error.type']).toBe(type);
  });

  it('hang below the caller’s', () => {
    const parent = { traceId: CONTEXT.traceId, spanId: 'e'.repeat(16), sampled: true };
    const [server] = spans(event({}), { ...CONTEXT, parent });
    expect(server?.parentSpanContext).toMatchObject({ spanId: parent.spanId, isRemote: true });
  });
});

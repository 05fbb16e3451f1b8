import { afterEach, describe, expect, it } from '@jest/globals';
import type { Sink } from '#libs/plugin-api';
import { selfSigned } from '../support/index.js';
import { HttpReceiver } from './support/http-receiver.js';
import { entries, entry, sinkOf } from './support/plugin.js';

describe('http-log', () => {
  let receiver: HttpReceiver;
  let log: Sink;
  const start = async (config: object = {}, userinfo = '') => {
    receiver = await HttpReceiver.start();
    log = sinkOf('http-log', { http_endpoint: `${receiver.url(userinfo)}/in?key=token-in-query`, ...config });
  };
  afterEach(async () => {
    await log.close?.();
    await receiver.close();
  });

  it('sends a record as one JSON object', async () => {
    await start();
    expect(log.delivery?.maxBatch).toBe(1);
    await log.write([entry(1)]);
    expect(receiver.requests).toMatchObject([
      { method: 'POST', url: '/in?key=token-in-query', body: entry(1).json.toString() },
    ]);
    expect(receiver.requests[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(receiver.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([{ queue: { max_batch_size: 3 } }, { queue_size: 3 }])('sends a list with %j', async (config) => {
    await start(config);
    expect(log.delivery?.maxBatch).toBe(3);
    await log.write(entries(3));
    await log.write([entry(4)]);
    const bodies = receiver.requests.map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([entries(3).map(({ record }) => record), [entry(4).record]]);
  });

  it('hands Kong’s queue to delivery', async () => {
    await start({
      queue: { max_batch_size: 50, max_retry_time: 90, concurrency_limit: -1 },
      flush_timeout: 2,
    });
    expect(log.delivery).toMatchObject({ maxBatch: 50, linger: 2000, maxRetryTime: 90_000, concurrency: 16 });
    await Promise.all(entries(16).map((one) => log.write([one])));
    expect(receiver.requests).toHaveLength(16);
  });

  it('sends method, content type, headers and the URL’s user as Basic authentication', async () => {
    const config = { method: 'PUT', content_type: 'application/json; charset=utf-8', headers: { 'X-Team': 'core' } };
    await start(config, 'us%40er:p%3Ass@');
    await log.write([entry(1)]);
    expect(receiver.requests).toMatchObject([
      {
        method: 'PUT',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'x-team': 'core',
          authorization: `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`,
        },
      },
    ]);
  });

  it('keeps a connection for the next request', async () => {
    await start();
    for (const one of entries(3)) await log.write([one]);
    expect(new Set(receiver.requests.map(({ from }) => from)).size).toBe(1);
  });

  it.each([301, 401, 403, 404, 408, 429, 500, 503])('%i is tried again', async (status) => {
    await start();
    receiver.statuses.push(status);
    const failure: unknown = await log.write([entry(1)]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'Error', message: `${receiver.url()}: answered ${status}` });
    await log.write([entry(1)]);
    expect(receiver.requests.map(({ body }) => body)).toEqual(Array(2).fill(entry(1).json.toString()));
  });

  it.each([400, 413, 422])('%i is final: the endpoint refuses the body', async (status) => {
    await start();
    receiver.statuses.push(status);
    await expect(log.write([entry(1)])).rejects.toMatchObject({
      name: 'FinalSinkError',
      message: `${receiver.url()}: answered ${status}`,
    });
  });

  it('gives up on a request that is not answered in time', async () => {
    await start({ timeout: 50 });
    receiver.statuses.push(0);
    await expect(log.write([entry(1)])).rejects.toThrow('no answer within 50 ms');
  });

  it('says that nobody listens, without what is secret in the URL', async () => {
    await start({}, 'user:password@');
    await receiver.close();
    const failure: unknown = await log.write([entry(1)]).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/^Error: http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(String(failure)).not.toMatch(/password|token/);
  });

  it('sends over TLS to an authority it trusts, and to no other', async () => {
    const identity = selfSigned();
    receiver = await HttpReceiver.start(identity);
    log = sinkOf('http-log', { http_endpoint: receiver.url() });
    await expect(log.write([entry(1)])).rejects.toThrow('self-signed certificate');
    await log.close?.();
    log = sinkOf('http-log', { http_endpoint: receiver.url(), ssl_verify: false });
    await log.write([entry(1)]);
    await log.close?.();
    log = sinkOf('http-log', { http_endpoint: receiver.url(), ca_certificate: identity.certificate });
    await log.write([entry(1)]);
    expect(receiver.requests).toHaveLength(2);
  });
});

import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type Handler } from '#libs/plugin-api';
import { get, openStream, RawConnection } from '../support/index.js';
import { answering, route, stopAll, TestProxy, times } from './proxy.js';

afterEach(stopAll);

/** A handler that streams `begun` and, when it is let go, `done`. */
function slow() {
  const goOn: (() => void)[] = [];
  const handler: Handler = async (exchange) => {
    const stream = exchange.response.stream(200);
    stream.write('begun ');
    await new Promise<void>((resolve) => {
      goOn.push(resolve);
      exchange.onClientGone(resolve);
    });
    stream.write('done');
    await stream.end();
  };
  return { handler, finishAll: () => goOn.splice(0).forEach((resolve) => resolve()) };
}

describe('draining', () => {
  it('lets running exchanges finish and takes no more connections', async () => {
    const { handler, finishAll } = slow();
    const proxy = await TestProxy.start(answering(handler));
    const answer = await openStream(proxy.url);
    await answer.until('begun');
    proxy.listener.stopAccepting();
    proxy.listener.stopAccepting();
    await expect(get(proxy.url)).rejects.toThrow('ECONNREFUSED');
    const drained = proxy.listener.drained(10_000);
    finishAll();
    expect((await answer.rest()).toString()).toBe('begun done');
    expect(await drained).toEqual({ interrupted: 0 });
    expect((await proxy.only()).result.outcome).toBe('completed');
  });

  it('is done at once when nothing runs', async () => {
    const proxy = await TestProxy.start({});
    proxy.listener.stopAccepting();
    expect(await proxy.listener.drained(10_000)).toEqual({ interrupted: 0 });
  });

  it('closes idle connections, and busy ones with their answer', async () => {
    const { handler, finishAll } = slow();
    const proxy = await TestProxy.start(
      answering((exchange, next) =>
        exchange.request.path === '/slow' ? handler(exchange, next) : exchange.response.send(200, 'quick'),
      ),
    );
    const idle = await RawConnection.open(proxy.url);
    await idle.send('GET /quick HTTP/1.1\r\nhost: x\r\n\r\n');
    await idle.readUntil('quick');
    const busy = await RawConnection.open(proxy.url);
    await busy.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await busy.readUntil('begun');
    proxy.listener.stopAccepting();
    expect(await idle.readAll()).toEqual(Buffer.from(''));
    finishAll();
    expect((await busy.readAll()).toString()).toContain('done');
    expect(proxy.listener.statistics()).toMatchObject({ active: 0 });
  });

  it('serves a request that is already on its way, and says that it is the last', async () => {
    const { handler, finishAll } = slow();
    const proxy = await TestProxy.start(
      answering((exchange, next) =>
        exchange.request.path === '/slow' ? handler(exchange, next) : exchange.response.send(200, 'quick'),
      ),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await connection.readUntil('begun');
    proxy.listener.stopAccepting();
    await connection.send('GET /quick HTTP/1.1\r\nhost: x\r\n\r\n');
    while (proxy.listener.statistics().total < 2) await new Promise(setImmediate);
    finishAll();
    const rest = (await connection.readAll()).toString();
    expect(rest).toMatch(/connection: close\r\n.*\r\n\r\nquick$/is);
  });

  it('cuts what is not done in time, and still gives it a record', async () => {
    const { handler } = slow();
    const proxy = await TestProxy.start(answering(handler));
    const answers = await Promise.all([openStream(proxy.url), openStream(proxy.url)]);
    await Promise.all(answers.map((answer) => answer.until('begun')));
    proxy.listener.stopAccepting();
    expect(await proxy.listener.drained(20)).toEqual({ interrupted: 2 });
    await Promise.all(answers.map((answer) => expect(answer.rest()).rejects.toThrow('aborted')));
    expect((await proxy.finished(2)).map(({ result }) => result)).toEqual(
      times(2, () =>
        expect.objectContaining({ outcome: 'interrupted', error: new GatewayError('draining'), status: 200 }),
      ),
    );
  });
});

describe('a new configuration', () => {
  const named = (name: string) => answering(async ({ response }) => response.send(200, name));

  it('serves the next request, while running exchanges keep the old one', async () => {
    const { handler, finishAll } = slow();
    const proxy = await TestProxy.start(answering(handler));
    const answer = await openStream(proxy.url);
    await answer.until('begun');
    let retired = false;
    const lastDone = proxy.swap(named('new')).then(() => (retired = true));
    expect((await get(proxy.url)).text).toBe('new');
    expect(retired).toBe(false);
    finishAll();
    expect((await answer.rest()).toString()).toBe('begun done');
    await lastDone;
    expect(retired).toBe(true);
  });

  it('may take routes away and bring them back', async () => {
    const proxy = await TestProxy.start(named('first'));
    await proxy.swap({ routes: [route('elsewhere', { paths: ['/elsewhere'] })] });
    expect((await get(proxy.url)).status).toBe(404);
    await proxy.swap(named('second'));
    expect((await get(proxy.url)).text).toBe('second');
  });

  it('under load fails not one request, and every old one is retired', async () => {
    const proxy = await TestProxy.start(named('0'));
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const versions: number[] = [];
    const load = { over: false };
    const client = async (): Promise<void> => {
      let last = 0;
      while (!load.over) {
        const outgoing = request(proxy.url, { agent });
        outgoing.end();
        const [answer] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
        expect(answer.statusCode).toBe(200);
        let text = '';
        for await (const chunk of answer) text += chunk.toString();
        // No request goes back to a configuration older than one that has been seen.
        expect(Number(text)).toBeGreaterThanOrEqual(last);
        versions.push((last = Number(text)));
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const retired: Promise<void>[] = [];
    for (let version = 1; version <= 50; version += 1) {
      retired.push(proxy.swap(named(String(version))));
      const seen = versions.length;
      while (versions.length < seen + 8) await new Promise(setImmediate);
    }
    load.over = true;
    await Promise.all(clients);
    await Promise.all(retired);
    agent.destroy();
    expect(versions.at(-1)).toBe(50);
    await proxy.listener.drained(1000);
    expect(proxy.recorder.finishedOnes.length).toBe(proxy.listener.statistics().total);
    expect(new Set(proxy.recorder.finishedOnes.map(({ result }) => result.outcome))).toEqual(new Set(['completed']));
  });
});

import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { chunk, DONE, fin, gate, silence, SimulatedOpenAI, sse, use } from '../../apps/simulated-openai/src/index.js';
import {
  checkGrammar,
  eventually,
  get,
  openStream,
  parseAnthropicStream,
  RawConnection,
  stopGateways,
  UPSTREAM_KEY,
} from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from './stage.js';

let openai: SimulatedOpenAI;
beforeAll(async () => {
  openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
});
afterEach(stopGateways);
afterAll(() => openai.close());

const stream = ({ gateway }: Stage) =>
  openStream(`${gateway.proxy}/anything/v1/messages`, {
    body: question({ stream: true }),
    headers: { ...CLAUDE_CODE, connection: 'keep-alive' },
  });

it('finishes running exchanges, takes no new ones, and ends with 0', async () => {
  const stage = await Stage.open({ openai });
  const { gateway } = stage;
  const hold = gate();
  openai.enqueue(sse([chunk({ content: 'Hel' }), hold, chunk({ content: 'lo' }), fin('stop'), use(5, 2), DONE]));
  const running = await stream(stage);
  await running.until('Hel');
  const idle = await RawConnection.open(gateway.proxy);
  await idle.send('HEAD /anything HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await idle.readUntil('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);

  gateway.signal('SIGTERM');
  await eventually(async () => {
    const ready = await get(`${gateway.status}/status/ready`);
    expect([ready.status, ready.json()]).toEqual([503, { message: 'draining' }]);
    return true;
  });
  expect((await get(`${gateway.status}/status`)).json()).toMatchObject({
    state: 'draining',
    server: { exchanges_active: 1 },
  });
  expect((await get(`${gateway.status}/status/live`)).status).toBe(200);
  expect(await idle.readAll()).toEqual(Buffer.alloc(0));
  await expect(get(gateway.proxy)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  // A second signal does not shorten it.
  gateway.signal('SIGTERM');
  expect((await get(`${gateway.status}/status`)).json()).toMatchObject({ server: { exchanges_active: 1 } });

  hold.open();
  checkGrammar(parseAnthropicStream(await running.rest()));
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  const records = await stage.records(2);
  expect(records.map(({ exchange, request }) => [exchange.outcome, request.method])).toEqual([
    ['completed', 'HEAD'],
    ['completed', 'POST'],
  ]);
  expect(records[1]?.ai?.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 2 });
});

it('cuts what is not done within TIDEGATE_DRAIN_SECONDS, and records it', async () => {
  const stage = await Stage.open({ openai, env: { TIDEGATE_DRAIN_SECONDS: '1' } });
  openai.enqueue(sse([chunk({ content: 'Hel' }), silence]));
  const running = await stream(stage);
  await running.until('Hel');
  const upstream = openai.requests.at(-1);

  const before = performance.now();
  stage.gateway.signal('SIGINT');
  await expect(running.rest()).rejects.toThrow('aborted');
  expect(performance.now() - before).toBeGreaterThan(990);
  expect(await stage.gateway.exited).toEqual({ code: 0, signal: null });
  await upstream?.closed;
  const records = await stage.records(1);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    response: { status: 200 },
    exchange: { outcome: 'interrupted' },
    error: { code: 'draining' },
    ai: { meta: { request_mode: 'stream' } },
  });
  expect(stage.gateway.stderr.join('\n')).toContain('exchanges were cut at the end of the drain time');
});

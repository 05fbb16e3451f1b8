import { afterEach, expect, it } from '@jest/globals';
import { eventually, get, howToConfig, post, stopGateways } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';
import { DatagramReceiver } from './support/datagram-receiver.js';
import { HttpReceiver } from './support/http-receiver.js';
import { StreamReceiver } from './support/stream-receiver.js';

afterEach(stopGateways);

it('brings every sink the same records', async () => {
  const [http, tcp, udp, syslog] = await Promise.all([
    HttpReceiver.start(),
    StreamReceiver.start(),
    DatagramReceiver.start(),
    DatagramReceiver.start(),
  ]);
  const plugins = [
    { name: 'http-log', config: { http_endpoint: http.url() } },
    { name: 'tcp-log', config: { host: '127.0.0.1', port: tcp.port } },
    { name: 'udp-log', config: { host: '127.0.0.1', port: udp.port } },
    { name: 'syslog', config: { host: '127.0.0.1', port: syslog.port } },
  ];
  const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins }) });
  const { gateway } = stage;
  const url = `${gateway.proxy}/anything/v1/messages`;
  expect((await post(url, question(), CLAUDE_CODE)).status).toBe(200);
  expect((await post(url, { nonsense: true }, CLAUDE_CODE)).status).toBe(400);

  const records = await stage.records(2);
  expect(records.map(({ exchange }) => exchange.outcome)).toEqual(['completed', 'rejected']);
  const parsed = (texts: readonly string[]) => texts.map((text) => JSON.parse(text) as unknown);
  await eventually(() => http.requests.length === 2, { within: 20_000 });
  expect(parsed(http.requests.map(({ body }) => body))).toEqual(records);
  expect(parsed(await tcp.lines(2))).toEqual(records);
  expect(parsed(await udp.texts(2))).toEqual(records);
  expect(parsed((await syslog.texts(2)).map((text) => text.slice(text.indexOf('{'))))).toEqual(records);

  await stage.close();
  for (const receiver of [http, tcp, udp, syslog]) await receiver.close();
});

it('field.md 1: a receiver that is away keeps traffic and the other sinks going, and gets everything when it is back', async () => {
  const receiver = await StreamReceiver.start();
  const { port } = receiver;
  await receiver.close();
  const plugins = [{ name: 'tcp-log', config: { host: '127.0.0.1', port } }];
  const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins }) });
  const { gateway } = stage;
  for (let n = 0; n < 20; n++) {
    expect((await post(`${gateway.proxy}/anything/v1/messages`, question(), CLAUDE_CODE)).status).toBe(200);
  }
  const records = await stage.records(20);
  await eventually(async () => {
    const status = (await get(`${gateway.status}/status`)).json();
    expect(JSON.stringify(status)).toContain(`127.0.0.1:${port}: connect ECONNREFUSED`);
    return true;
  });
  const back = await StreamReceiver.start({ port });
  expect((await back.lines(20)).map((line) => JSON.parse(line) as unknown)).toEqual(records);
  await stage.close();
  await back.close();
});

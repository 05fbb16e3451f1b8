import { hostname } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Sink } from '#libs/plugin-api';
import { selfSigned } from '../support/index.js';
import { DatagramReceiver } from './support/datagram-receiver.js';
import { entries, entry, sinkOf } from './support/plugin.js';
import { StreamReceiver } from './support/stream-receiver.js';

/** What RFC 5424 wants before the JSON of `entry`. */
const header = (priority: number, ident = 'kong'): string =>
  `<${priority}>1 2026-01-02T03:04:06.006Z ${hostname()} ${ident} ${process.pid} exchange - `;
const message = (seq: number, priority = 14): string => header(priority) + entry(seq).json.toString();
const counted = (text: string): string => `${Buffer.byteLength(text)} ${text}`;

describe('syslog over UDP', () => {
  let receiver: DatagramReceiver;
  let log: Sink;
  const start = async (config: object = {}) => {
    receiver = await DatagramReceiver.start();
    log = sinkOf('syslog', { host: '127.0.0.1', port: receiver.port, ...config });
  };
  afterEach(async () => {
    await log.close?.();
    await receiver.close();
  });

  it('sends one RFC 5424 message per record', async () => {
    await start();
    await log.write(entries(2));
    expect(await receiver.texts(2)).toEqual([message(1), message(2)]);
  });

  it('has Kong’s severities, facility and level', async () => {
    await start({
      facility: 'local3',
      ident: 'gate',
      log_level: 'warning',
      successful_severity: 'info',
      client_errors_severity: 'warning',
      server_errors_severity: 'crit',
    });
    const batch = [200, 404, 503].map((status, index) => entry(index, { response: { status } }));
    await log.write(batch);
    const [, client, server] = batch.map(({ json }) => json.toString());
    expect(await receiver.texts(2)).toEqual([header(19 * 8 + 4, 'gate') + client, header(19 * 8 + 2, 'gate') + server]);
  });

  it('refuses for good what does not fit into a datagram', async () => {
    await start();
    const tooLong = entry(1, { text: 'x'.repeat(65_507) });
    await expect(log.write([tooLong])).rejects.toMatchObject({ name: 'FinalSinkError' });
  });
});

describe('syslog over TCP and TLS', () => {
  it('counts octets', async () => {
    const receiver = await StreamReceiver.start();
    const log = sinkOf('syslog', { host: '127.0.0.1', port: receiver.port, protocol: 'tcp' });
    await log.write(entries(2));
    await log.write([entry(3, { text: 'ü' })]);
    await log.close?.();
    await receiver.ended(1);
    expect(receiver.text).toBe(
      [message(1), message(2), header(14) + entry(3, { text: 'ü' }).json.toString()].map(counted).join(''),
    );
    await receiver.close();
  });

  it('speaks TLS', async () => {
    const identity = selfSigned();
    const receiver = await StreamReceiver.start({ tls: identity });
    const target = { host: '127.0.0.1', port: receiver.port, protocol: 'tls' };
    await expect(sinkOf('syslog', target).write([entry(1)])).rejects.toThrow('self-signed certificate');
    const log = sinkOf('syslog', { ...target, ca_certificate: identity.certificate });
    await log.write([entry(1)]);
    await log.close?.();
    await receiver.ended(1);
    expect(receiver.text).toBe(counted(message(1)));
    await receiver.close();
  });
});

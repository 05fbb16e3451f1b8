import { afterEach, describe, expect, it } from '@jest/globals';
import type { Sink } from '#libs/plugin-api';
import { eventually, selfSigned } from '../support/index.js';
import { entries, entry, sequenceOf, sinkOf } from './support/plugin.js';
import { StreamReceiver } from './support/stream-receiver.js';

describe('tcp-log', () => {
  let receiver: StreamReceiver;
  let log: Sink;
  const start = async (config: object = {}, options: Parameters<typeof StreamReceiver.start>[0] = {}) => {
    receiver = await StreamReceiver.start(options);
    log = sinkOf('tcp-log', { host: '127.0.0.1', port: receiver.port, ...config });
  };
  afterEach(async () => {
    await log.close?.();
    await receiver.close();
  });

  it('sends one line of JSON per record over one connection', async () => {
    await start();
    await log.write(entries(2));
    await log.write([entry(3, { text: 'ü\n' })]);
    expect(sequenceOf(await receiver.lines(3))).toEqual([1, 2, 3]);
    expect(receiver.received).toHaveLength(1);
  });

  it('sends records larger than any buffer whole', async () => {
    await start();
    await log.write([entry(1, { text: 'x'.repeat(20_000_000) }), entry(2)]);
    expect(sequenceOf(await receiver.lines(2))).toEqual([1, 2]);
  });

  it('sets custom fields', async () => {
    await start({ custom_fields_by_lua: { team: 'return "core"', response: 'return nil' } });
    await log.write([entry(1)]);
    const [line = ''] = await receiver.lines(1);
    expect(JSON.parse(line)).toMatchObject({ team: 'core' });
    expect(line).not.toContain('response');
  });

  it('connects anew when the receiver has closed, without losing a record', async () => {
    await start();
    await log.write([entry(1)]);
    await receiver.lines(1);
    receiver.disconnect();
    await eventually(() => receiver.openConnections === 0);
    await log.write([entry(2)]);
    expect(sequenceOf(await receiver.lines(2))).toEqual([1, 2]);
    expect(receiver.received).toHaveLength(2);
  });

  it('says that nobody listens, and works when somebody does', async () => {
    await start();
    const { port } = receiver;
    await receiver.close();
    await expect(log.write([entry(1)])).rejects.toThrow(/^127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    receiver = await StreamReceiver.start({ port });
    await log.write([entry(1)]);
    expect(sequenceOf(await receiver.lines(1))).toEqual([1]);
  });

  it('closes a connection that has had nothing to send for keepalive', async () => {
    await start({ keepalive: 1 });
    await log.write([entry(1)]);
    await receiver.lines(1);
    await eventually(() => receiver.openConnections === 0, { within: 20_000 });
  });

  it('hands everything over before it is closed', async () => {
    await start();
    await log.write([entry(1, { text: 'x'.repeat(5_000_000) })]);
    await log.close?.();
    expect(sequenceOf(await receiver.lines(1))).toEqual([1]);
  });

  describe('with TLS', () => {
    const identity = selfSigned();

    it('sends to a receiver whose authority it trusts', async () => {
      await start({ tls: true, ca_certificate: identity.certificate }, { tls: identity });
      await log.write(entries(3));
      expect(sequenceOf(await receiver.lines(3))).toEqual([1, 2, 3]);
    });

    it('sends nothing to one that it does not trust, unless told not to look', async () => {
      await start({ tls: true }, { tls: identity });
      await expect(log.write([entry(1)])).rejects.toThrow('self-signed certificate');
      expect(receiver.text).toBe('');
      log = sinkOf('tcp-log', { host: '127.0.0.1', port: receiver.port, tls: true, ssl_verify: false });
      await log.write([entry(1)]);
      expect(sequenceOf(await receiver.lines(1))).toEqual([1]);
    });

    it('wants the name of tls_sni in the certificate', async () => {
      const trust = { tls: true, ca_certificate: identity.certificate };
      await start({ ...trust, tls_sni: 'elsewhere.example' }, { tls: identity });
      await expect(log.write([entry(1)])).rejects.toThrow(/does not match certificate/);
      log = sinkOf('tcp-log', { host: '127.0.0.1', port: receiver.port, ...trust, tls_sni: 'localhost' });
      await log.write([entry(1)]);
      expect(sequenceOf(await receiver.lines(1))).toEqual([1]);
    });
  });
});

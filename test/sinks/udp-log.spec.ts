import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Sink } from '#libs/plugin-api';
import { eventually } from '../support/index.js';
import { DatagramReceiver } from './support/datagram-receiver.js';
import { entries, entry, sequenceOf, sinkOf } from './support/plugin.js';

describe('udp-log', () => {
  let receiver: DatagramReceiver;
  let log: Sink;
  beforeEach(async () => {
    receiver = await DatagramReceiver.start();
    log = sinkOf('udp-log', { host: 'localhost', port: receiver.port });
  });
  afterEach(async () => {
    await log.close?.();
    await receiver.close();
  });

  it('sends one datagram per record, without a line end', async () => {
    await log.write(entries(3));
    const texts = await receiver.texts(3);
    expect(sequenceOf(texts)).toEqual([1, 2, 3]);
    expect(texts.join('')).not.toContain('\n');
  });

  it('sends the longest record that fits', async () => {
    const room = 65_507 - entry(1, { text: '' }).json.length;
    await log.write([entry(1, { text: 'x'.repeat(room) })]);
    expect((await receiver.texts(1))[0]).toHaveLength(65_507);
  });

  it('refuses a longer one for good, before any other of its batch is sent', async () => {
    const tooLong = entry(2, { text: 'x'.repeat(65_507) });
    await expect(log.write([entry(1), tooLong])).rejects.toMatchObject({
      name: 'FinalSinkError',
      message: expect.stringMatching(/^a record of \d+ bytes does not fit/),
    });
    await log.write([entry(3)]);
    expect(sequenceOf(await receiver.texts(1))).toEqual([3]);
  });

  it('notices a host that refuses, and works when somebody listens', async () => {
    const { port } = receiver;
    await receiver.close();
    await eventually(async () => {
      const failure: unknown = await log.write([entry(1)]).catch((error: unknown) => error);
      return failure instanceof Error && failure.message.includes('ECONNREFUSED');
    });
    receiver = await DatagramReceiver.start(port);
    await log.write([entry(2)]);
    expect(sequenceOf(await receiver.texts(1))).toEqual([2]);
  });

  it('says that a host is unknown', async () => {
    const lost = sinkOf('udp-log', { host: 'no-such-host.invalid', port: 9 });
    await expect(lost.write([entry(1)])).rejects.toThrow(/no-such-host\.invalid/);
  });
});

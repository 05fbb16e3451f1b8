import { expect, it } from '@jest/globals';
import { Handover } from './handover.js';

const items = async <T>(handover: Handover<T>): Promise<T[]> => {
  const taken: T[] = [];
  for (let item = await handover.take(); item !== undefined; item = await handover.take()) taken.push(item);
  return taken;
};

it('hands items over in order, and no faster than they are taken', async () => {
  const handover = new Handover<number>();
  const log: string[] = [];
  const giving = (async () => {
    for (const item of [1, 2, 3]) {
      await handover.put(item);
      log.push(`gave ${item}`);
    }
    handover.end();
  })();
  await Promise.resolve();
  expect(log).toEqual([]);
  expect(await items(handover)).toEqual([1, 2, 3]);
  await giving;
  expect(log).toEqual(['gave 1', 'gave 2', 'gave 3']);
});

it('gives what has been put before the end, then nothing', async () => {
  const handover = new Handover<number>();
  const put = handover.put(1);
  handover.end();
  await put;
  expect(await items(handover)).toEqual([1]);
  await handover.put(2);
  expect(await handover.take()).toBeUndefined();
});

it('lets go of who waits when it ends', async () => {
  const handover = new Handover<number>();
  const taking = handover.take();
  handover.end();
  expect(await taking).toBeUndefined();
});

it('tells the other side of a failure', async () => {
  const handover = new Handover<number>();
  const taking = handover.take();
  handover.fail(new Error('gone'));
  await expect(taking).rejects.toThrow('gone');
});

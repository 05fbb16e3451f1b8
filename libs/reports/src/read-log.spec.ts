import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseRecord, readLog, type Fault } from './read-log.js';
import { line, record } from './testing/records.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-read-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(
  content: string | Buffer,
): Promise<{ seqs: number[]; faults: Omit<Fault, 'file'>[]; bytes: number }> {
  const file = join(folder, 'log');
  writeFileSync(file, content);
  const seqs: number[] = [];
  const faults: Omit<Fault, 'file'>[] = [];
  let bytes = 0;
  await readLog(file, {
    onRecord: ({ exchange }) => seqs.push(exchange.seq),
    onFault: ({ kind, line: at, detail }) => faults.push({ kind, line: at, detail }),
    onRead: (size) => (bytes += size),
  });
  return { seqs, faults, bytes };
}

const records = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => line(record({ seq: index + 1 })));
/** Text that does not compress. */
const noise = (): string => line({ ...record({ seq: 0 }), noise: randomBytes(100_000).toString('base64') });

describe('readLog', () => {
  it('reads records, and names the lines that are none', async () => {
    const [one = '', two = '', three = ''] = records(3);
    const content = [
      one,
      '\n',
      two.slice(0, 50),
      '\n',
      ' \r\n',
      '{"a":1}\n',
      '17\n',
      'null\n',
      two,
      three.trimEnd(),
    ].join('');
    const { seqs, faults } = await read(content);
    expect(seqs).toEqual([1, 2, 3]);
    expect(faults).toEqual([
      { kind: 'torn', line: 3, detail: two.slice(0, 50) },
      { kind: 'foreign', line: 5, detail: '{"a":1}' },
      { kind: 'foreign', line: 6, detail: '17' },
      { kind: 'foreign', line: 7, detail: 'null' },
    ]);
  });

  it('reads two records that a crash has glued together as one torn line', async () => {
    const [one = '', two = ''] = records(2);
    const { seqs, faults } = await read(one.slice(0, 80) + two + one);
    expect(seqs).toEqual([1]);
    expect(faults).toMatchObject([{ kind: 'torn', line: 1 }]);
  });

  it('reads gzip by its content, also several members in one file', async () => {
    const [one = '', two = ''] = records(2);
    const content = Buffer.concat([zlib.gzipSync(one), zlib.gzipSync(two)]);
    expect(await read(content)).toEqual({ seqs: [1, 2], faults: [], bytes: content.length });
  });

  it('reads what there is of a compressed file that ends early', async () => {
    const content = zlib.gzipSync(records(500).join('') + noise());
    const { seqs, faults } = await read(content.subarray(0, content.length - 40_000));
    expect(seqs).toHaveLength(500);
    expect(faults.map(({ kind }) => kind)).toEqual(['unreadable', 'torn']);
    expect(faults[0]?.detail).toMatch(/end early/);
  });

  it('tells that compressed data are damaged', async () => {
    const content = zlib.gzipSync(records(5000).join('') + noise());
    content.fill(0xff, content.length - 100_000, content.length - 50_000);
    const { seqs, faults } = await read(content);
    expect(seqs.length).toBeGreaterThan(100);
    expect(faults.map(({ kind }) => kind)).toContain('unreadable');
  });

  it('reads zstd where Node.js can, and says what to do where it cannot', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer };
    // The first bytes of a frame are enough to tell.
    const content = zstdCompressSync?.(records(2).join('')) ?? Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]);
    const { seqs, faults } = await read(content);
    expect(seqs).toEqual(zstdCompressSync ? [1, 2] : []);
    expect(faults.map(({ detail }) => detail)).toEqual(zstdCompressSync ? [] : [expect.stringMatching(/use 22\.15/)]);
  });

  it('tells that a file cannot be read, and does not fail', async () => {
    const faults: Fault[] = [];
    for (const file of [folder, join(folder, 'gone')]) {
      await readLog(file, { onRecord: () => {}, onFault: (fault) => faults.push(fault) });
    }
    expect(faults.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['unreadable', 'is a folder'],
      ['unreadable', 'no such file'],
    ]);
  });

  it('lets a fault of the listener through', async () => {
    writeFileSync(join(folder, 'log'), line(record({ seq: 1 })));
    const failing = {
      onRecord: () => {
        throw new TypeError('of the listener');
      },
      onFault: () => {},
    };
    await expect(readLog(join(folder, 'log'), failing)).rejects.toThrow('of the listener');
  });
});

describe('parseRecord', () => {
  it('takes any JSON for a record or foreign, and any other text for torn or blank', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(['foreign', 'blank']).toContain(parseRecord(Buffer.from(json)));
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, at) => {
        const whole = JSON.stringify({ ...record({ seq: 1 }), text });
        const torn = Buffer.from(whole.slice(0, at % whole.length));
        expect(parseRecord(torn)).toBe(torn.length === 0 ? 'blank' : 'torn');
      }),
    );
  });

  it('wants the numbers of the exchange', () => {
    const good = record({ seq: 1 });
    for (const exchange of [
      { ...good.exchange, seq: -1 },
      { ...good.exchange, seq: 1.5 },
      { ...good.exchange, id: 1 },
      null,
    ]) {
      expect(parseRecord(Buffer.from(JSON.stringify({ ...good, exchange })))).toBe('foreign');
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { ProgressBar } from './progress-bar.js';

function bar(
  isTTY: boolean,
  total: number | undefined,
): { written: string[]; pass: (ms: number) => void; bar: ProgressBar } {
  const written: string[] = [];
  let now = 0;
  const terminal = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  return { written, pass: (ms) => (now += ms), bar: new ProgressBar(terminal, total, () => now) };
}

describe('ProgressBar', () => {
  it('tells how far it is, and leaves no trace', () => {
    const { written, pass, bar: progress } = bar(true, 2e6);
    progress.add(1e5);
    expect(written).toEqual([]);
    pass(500);
    progress.add(9e5);
    expect(written).toEqual(['\r\u001b[K████████████░░░░░░░░░░░░  50%  1.00 MB of 2.00 MB, 2.00 MB/s']);
    progress.clear();
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  it('draws a few times a second, however often it is told', () => {
    const { written, pass, bar: progress } = bar(true, 1e6);
    for (let step = 0; step < 1000; step += 1) {
      pass(1);
      progress.add(1);
    }
    expect(written.length).toBe(10);
  });

  it('tells what has been read where the end is not known, and does not pass 100 %', () => {
    const unknown = bar(true, undefined);
    unknown.pass(1000);
    unknown.bar.add(5e6);
    expect(unknown.written).toEqual(['\r\u001b[K5.00 MB read, 5.00 MB/s']);
    const grown = bar(true, 10);
    grown.pass(1000);
    grown.bar.add(20);
    expect(grown.written[0]).toContain(' 100% ');
  });

  it('writes nothing where there is no terminal', () => {
    const { written, pass, bar: progress } = bar(false, 10);
    pass(1000);
    progress.add(5);
    progress.clear();
    expect(written).toEqual([]);
  });
});

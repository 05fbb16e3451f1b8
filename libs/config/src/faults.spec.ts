import { describe, expect, it } from '@jest/globals';
import { FaultList, formatFault, pathBelow } from './faults.js';

const at = (file: string, line: number, column = 1, path = 'a.b') => ({ file, line, column, path });

describe('faults', () => {
  it('are written as FILE:LINE:COLUMN path: message', () => {
    const faults = new FaultList();
    faults.error(at('t.yaml', 3, 5), 'wrong');
    faults.error(at('t.yaml', 4, 1, ''), 'wrong\n  on two lines');
    expect(faults.sorted(['t.yaml']).map(formatFault)).toEqual([
      't.yaml:3:5 a.b: wrong',
      't.yaml:4:1 wrong on two lines',
    ]);
  });

  it('come in the order of the files, lines and columns, each once', () => {
    const faults = new FaultList();
    faults.warn(at('b', 1), 'four');
    faults.error(at('a', 10), 'three');
    faults.error(at('a', 2, 7), 'two');
    faults.error(at('a', 2, 3), 'one');
    faults.error(at('a', 2, 3), 'one');
    faults.error(at('z', 1), 'five');
    expect(faults.sorted(['a', 'b']).map(({ message }) => message)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('tell errors from warnings', () => {
    const faults = new FaultList();
    faults.warn(at('a', 1), 'w');
    expect(faults.hasErrors).toBe(false);
    faults.error(at('a', 1), 'e');
    expect(faults.hasErrors).toBe(true);
  });

  it.each([
    ['', 'plugins', 'plugins'],
    ['plugins', 0, 'plugins[0]'],
    ['plugins[0]', 'config', 'plugins[0].config'],
    ['headers', 'x-a', 'headers.x-a'],
    ['headers', 'a b', 'headers["a b"]'],
    ['', '', '[""]'],
  ])('paths: %j and %j give %s', (path, key, result) => {
    expect(pathBelow(path, key)).toBe(result);
  });
});

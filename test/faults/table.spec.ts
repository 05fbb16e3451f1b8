import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, '../../docs/delivery.md'), 'utf8');

/** `fault | outcome` of every test of the fault suite. */
const faults = readdirSync(here)
  .filter((name) => name.endsWith('.faults.ts'))
  .flatMap((name) => [...readFileSync(join(here, name), 'utf8').matchAll(/'\d+\. (.*?) → (.*?)',?\n?/g)])
  .map(([, fault = '', outcome = '']) => `${fault} | ${outcome}`);

describe('the table of faults in docs/delivery.md', () => {
  const from = page.indexOf('<!-- faults:');
  const rows = page
    .slice(from, page.indexOf('<!-- end of faults -->'))
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim())
        .join(' | '),
    );

  it('has every fault of the suite, with what the suite proves', () => {
    expect(faults.length).toBeGreaterThan(15);
    expect([...rows].sort((a, b) => (a < b ? -1 : 1))).toEqual([...faults].sort((a, b) => (a < b ? -1 : 1)));
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pemProblems, trustOptions } from './tls-trust.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (content: string): string => {
  const path = join(folder, 'ca.pem');
  writeFileSync(path, content);
  return path;
};

describe('trustOptions', () => {
  it('takes PEM text, or a file that is read anew each time', () => {
    expect(trustOptions({ ssl_verify: true })).toEqual({ rejectUnauthorized: true });
    expect(trustOptions({ ssl_verify: false, ca_certificate: PEM })).toEqual({ rejectUnauthorized: false, ca: PEM });
    const trust = { ssl_verify: true, ca_certificate: file(PEM) };
    expect(trustOptions(trust).ca).toBe(PEM);
    file(`${PEM}${PEM}`);
    expect(trustOptions(trust).ca).toBe(PEM + PEM);
  });
});

describe('pemProblems', () => {
  it('finds nothing wrong with what is not set, with text and with a file', () => {
    for (const value of [undefined, PEM, file(PEM)]) expect(pemProblems(value, ['ca'])).toEqual([]);
  });

  it('tells of a file that is missing or holds something else', () => {
    expect(pemProblems(join(folder, 'none'), ['ca'])).toMatchObject([
      { path: ['ca'], message: expect.stringContaining('(ENOENT)') },
    ]);
    expect(pemProblems(file('hello'), ['ca'])).toMatchObject([{ message: expect.stringContaining('holds no PEM') }]);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { backendProblem, isReference, resolveReference } from './vault.js';

const env = {
  MY_SECRET_KEY: 'plain',
  SECRET_MY_KEY: 'prefixed',
  P_MY_KEY: 'from the query',
  MY_KEY_PREVIOUS: 'the one before',
  CERT: '{"key":"pem","n":1,"deep":{"key":"x"}}',
  'A/B': 'with a slash',
};
const vaults = new Map([['my-env', { prefix: 'SECRET_' }]]);

describe('vault references', () => {
  it.each([
    ['{vault://env/my-secret-key}', 'plain'],
    ['{vault://env/my_secret-KEY}', 'plain'],
    ['{vault://my-env/my-key}', 'prefixed'],
    ['{vault://my-env/my-key?prefix=P_}', 'from the query'],
    ['{vault://env/my-key?prefix=secret-}', 'prefixed'],
    ['{vault://env/my-key#2}', 'the one before'],
    ['{vault://env/my-secret-key#1}', 'plain'],
    ['{vault://env/cert/key}', 'pem'],
    ['{vault://env/%63ert/ke%79}', 'pem'],
    ['{vault://env/a/b/}', 'with a slash'],
  ])('%s is %j', (reference, value) => {
    expect(resolveReference(reference, vaults, env)).toMatchObject({ ok: true, value });
  });

  it.each([
    ['{vault://env/no-such}', 'environment variable NO_SUCH is not set'],
    ['{vault://my-env/no-such}', 'environment variable SECRET_NO_SUCH is not set'],
    ['{vault://env/my-secret-key/key}', 'environment variable MY_SECRET_KEY does not hold JSON'],
    ['{vault://env/cert/other}', 'environment variable CERT has no string "other" in its JSON'],
    ['{vault://env/cert/n}', 'environment variable CERT has no string "n" in its JSON'],
    ['{vault://env/cert/toString}', 'environment variable CERT has no string "toString" in its JSON'],
  ])('%s lacks a value: %s', (reference, reason) => {
    expect(resolveReference(reference, vaults, env)).toMatchObject({ ok: false, kind: 'unset', reason });
  });

  it.each([
    ['{vault://hcv/x}', 'hcv is Kong'],
    ['{vault://mine/x}', 'no vault has the prefix "mine"; allowed: env, my-env'],
    ['{vault://env/}', 'names no secret'],
    ['{vault://env}', 'not a vault reference'],
    ['{vault://env/x#new}', 'must be a number'],
    ['{vault://env/%zz}', 'percent-encoding'],
  ])('%s is wrong: %s', (reference, reason) => {
    const result = resolveReference(reference, vaults, env);
    expect(result).toMatchObject({ ok: false, kind: 'invalid', reason: expect.stringContaining(reason) });
  });

  it('takes whole values only', () => {
    expect(isReference('{vault://env/x}')).toBe(true);
    expect(isReference('Bearer {vault://env/x}')).toBe(false);
    expect(isReference('{vault://env/x} ')).toBe(false);
  });

  it('knows env alone', () => {
    expect(backendProblem('env')).toBeUndefined();
    expect(backendProblem('aws')).toContain('not supported by this gateway');
    expect(backendProblem('awz')).toContain('unknown');
  });

  it('never throws and never shows a value', () => {
    const secret = 'top-secret-value';
    fc.assert(
      fc.property(fc.string(), fc.string(), (path, query) => {
        const result = resolveReference(`{vault://env/${path}?${query}}`, vaults, {
          KEY: secret,
          CERT: `{"a":"${secret}"`,
        });
        if (!result.ok) expect(result.reason).not.toContain(secret);
      }),
    );
  });
});

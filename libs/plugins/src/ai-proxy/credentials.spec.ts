import { describe, expect, it } from '@jest/globals';
import type { Exchange } from '#libs/plugin-api';
import { declareSecrets, gatewayKeys, upstreamAuth, withoutKeys } from './credentials.js';

const own = { header_name: 'Authorization', header_value: 'Bearer gateway-key' };

describe('upstreamAuth', () => {
  it('replaces the client’s credential by the gateway’s', () => {
    const auth = upstreamAuth({ ...own, allow_override: false }, { authorization: 'Bearer x', 'x-api-key': 'x' }, '');
    expect(auth).toEqual({
      headers: ['authorization', 'Bearer gateway-key'],
      query: '',
      bodyMember: undefined,
      ofClient: false,
    });
  });

  it('lets the client override only in the configured place', () => {
    expect(upstreamAuth({ ...own, allow_override: true }, { authorization: 'Bearer x' }, '').headers[1]).toBe(
      'Bearer x',
    );
    expect(upstreamAuth({ ...own, allow_override: true }, { 'x-api-key': 'x' }, '')).toMatchObject({
      headers: ['authorization', 'Bearer gateway-key'],
      ofClient: false,
    });
  });

  it('puts a parameter into the query or the body', () => {
    const param = { param_name: 'api key', param_value: 'a&b' } as const;
    expect(upstreamAuth({ ...param, param_location: 'query' }, {}, '').query).toBe('api%20key=a%26b');
    expect(upstreamAuth({ ...param, param_location: 'body' }, {}, '').bodyMember).toEqual(['api key', 'a&b']);
  });
});

describe('withoutKeys', () => {
  it('takes the keys of the gateway out of a text, however they are written', () => {
    const keys = gatewayKeys({ header_value: 'Bearer key-of-the-gateway', param_value: 'a "quoted"/key' });
    expect(keys).toEqual(['key-of-the-gateway', 'a "quoted"/key']);
    const body = Buffer.from('größe: key-of-the-gateway, {"a":"a \\"quoted\\"/key"}, ?k=a%20%22quoted%22%2Fkey');
    expect(withoutKeys(keys, body).toString()).toBe('größe: REDACTED, {"a":"REDACTED"}, ?k=REDACTED');
  });

  it('leaves every byte of another text, and words that stand in for a key', () => {
    const body = Buffer.from([0x66, 0xff, 0xfe, 0x78]);
    expect(withoutKeys(gatewayKeys({ header_value: 'x' }), body)).toBe(body);
  });
});

describe('declareSecrets', () => {
  it('names the configured places and collects every credential of both sides', () => {
    const exchange = {
      secretNames: new Set<string>(),
      secretValues: new Set<string>(),
      request: {
        headers: { authorization: 'bearer client-token', 'x-api-key': 'client-key', 'x-upstream-key': 'own-key' },
        query: 'a=b&Key=own%2Fparam',
      },
    } as unknown as Exchange;
    declareSecrets(exchange, {
      header_name: 'X-Upstream-Key',
      header_value: 'Bearer gateway-key',
      param_name: 'Key',
      param_value: 'p',
      param_location: 'query',
    });
    expect([...exchange.secretNames]).toEqual(['x-upstream-key', 'key']);
    expect([...exchange.secretValues]).toEqual([
      'gateway-key',
      'p',
      'client-token',
      'client-key',
      'own-key',
      'own/param',
    ]);
  });
});

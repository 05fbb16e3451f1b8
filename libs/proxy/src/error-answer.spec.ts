import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '#libs/plugin-api';
import { encodeError } from './error-answer.js';
import type { ProxyExchange } from './exchange/exchange.js';

const error = new GatewayError('no_route');
const exchange = (headers: Record<string, string>, scope: object = {}) =>
  ({ id: 'req_0a', requestId: '0a', request: { headers }, chain: {}, ...scope }) as unknown as ProxyExchange;

const KONG_JSON = '{\n  "message":"no Route matched with those values",\n  "request_id":"0a"\n}';

describe('encodeError', () => {
  it('writes what Kong writes', () => {
    expect(encodeError(error, exchange({}))).toEqual({
      status: 404,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: KONG_JSON,
    });
  });

  it.each([
    ['*/*', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/xml', 'application/xml'],
    ['text/*', 'text/plain'],
    ['text/plain;q=0.5, application/json', 'application/json'],
    ['image/png', 'application/json'],
    ['constructor', 'application/json'],
    ['application/json;q=0, text/plain;q=0.1', 'text/plain'],
    ['text/html;q=x', 'application/json'],
  ])('for Accept "%s" answers with %s', (accept, type) => {
    const answer = encodeError(error, exchange({ accept }));
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(answer.body).toContain('no Route matched with those values');
    expect(answer.body).toContain('0a');
  });

  it('escapes what it puts into markup', () => {
    const nasty = new GatewayError('bad_request', { detail: '<script>"&' });
    for (const accept of ['text/html', 'application/xml']) {
      expect(encodeError(nasty, exchange({ accept })).body).toContain('&lt;script&gt;&quot;&amp;');
    }
  });

  it("uses Anthropic's shape for a client that speaks it and has hit no route", () => {
    const answer = encodeError(error, exchange({ 'anthropic-version': '2023-06-01' }));
    expect(answer.headers).toEqual({ 'content-type': 'application/json' });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: 'no Route matched with those values' },
      request_id: 'req_0a',
    });
    const malformed = encodeError(new GatewayError('malformed_http'), exchange({ 'anthropic-version': '1' }));
    expect(malformed.body).toContain('"invalid_request_error"');
    const draining = encodeError(new GatewayError('draining'), exchange({ 'anthropic-version': '1' }));
    expect(draining.body).toContain('"api_error"');
  });

  it('leaves it to the plugins of a route, whatever the client sends', () => {
    const mine = { status: 418, headers: {}, body: 'mine' };
    const scope = { match: {}, chain: { encodeError: () => mine } };
    expect(encodeError(error, exchange({ 'anthropic-version': '1' }, scope))).toBe(mine);
    const silent = { match: {}, chain: {} };
    expect(encodeError(error, exchange({ 'anthropic-version': '1' }, silent)).body).toBe(KONG_JSON);
  });

  it('does not let a global plugin answer where there is no route', () => {
    const scope = { chain: { encodeError: () => ({ status: 418, headers: {}, body: 'mine' }) } };
    expect(encodeError(error, exchange({}, scope)).body).toBe(KONG_JSON);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { GatewayError } from '#libs/plugin-api';
import { assembleRecord } from './assemble-record.js';
import { encodeRecord } from './encode-record.js';
import { SecretRedaction } from './secret-redaction.js';
import { aiFacts, exchangeFacts, exchangeResult, NODE } from './testing/exchanges.js';

/** What a credential may be made of: RFC 9110 tokens, base64, what a query allows. */
const canaries = fc.stringMatching(/^CANARY[A-Za-z0-9._~+/=-]{8,40}$/);

describe('redaction of a record', () => {
  const line = (...args: Parameters<typeof assembleRecord>) => encodeRecord(assembleRecord(...args)).toString();

  it('masks headers that hold a credential, in requests and responses, and no others', () => {
    const headers = {
      authorization: 'Bearer secret-1',
      'proxy-authorization': 'secret-2',
      'x-api-key': 'secret-3',
      'api-key': 'secret-4',
      cookie: 'a=secret-5',
      'x-goog-api-key': 'secret-6',
      'x-mine': 'secret-7',
      'set-cookie': ['a=secret-8', 'b=secret-9'],
      accept: '*/*',
    };
    const exchange = exchangeFacts({ secretNames: new Set(['x-mine']), request: { headers } });
    const record = assembleRecord(exchange, exchangeResult({ responseHeaders: headers }), NODE);
    const redacted = Object.fromEntries(
      Object.keys(headers).map((name) => [name, name === 'accept' ? '*/*' : 'REDACTED']),
    );
    expect(record.request.headers).toEqual(redacted);
    expect(record.response.headers).toEqual(redacted);
  });

  it('leaves no credential that the exchange knows, wherever it turns up', () => {
    fc.assert(
      fc.property(canaries, fc.constantFrom('', 'Bearer '), fc.boolean(), (canary, scheme, ofClient) => {
        const encoded = encodeURIComponent(canary);
        const exchange = exchangeFacts({
          secretValues: new Set(ofClient ? [] : [scheme + canary]),
          upstreamUri: `/v1/x?echo=${encoded}&key=${encoded}`,
          agent: { session_id: canary, client: `cli ${canary}` },
          ai: aiFacts({
            requestModel: `m-${canary}`,
            responseModel: canary,
            stopReason: canary,
            toolCalls: ['Read', canary],
            lossy: [`tool:${canary}`],
            upstreamError: { status: 401, type: 'auth', message: `key ${canary} is wrong` },
            payload: {
              request: { text: `{"a":${JSON.stringify(canary)}}` },
              response: { text: `no: ${canary.slice(0, -2)}`, truncated: { bytes: 9, sha256: 'x' } },
            },
          }),
          request: {
            uri: `/anything?echo=${encoded}&x=%22${encoded}&token=${encoded}&${encoded}`,
            query: `echo=${encoded}&x=%22${encoded}&token=${encoded}&${encoded}`,
            headers: {
              ...(ofClient && { authorization: scheme + canary, 'x-api-key': canary }),
              referer: `https://u:${encoded}@h/?api_key=${encoded}`,
              'x-echo': `"${canary}"`,
              'x-list': ['a', canary],
            },
          },
        });
        const result = exchangeResult({
          responseHeaders: { 'x-debug': `sent ${canary}`, location: `/x?echo=${encoded}` },
          error: new GatewayError('upstream_refused', { detail: `got ${canary}`, cause: new Error(`with ${encoded}`) }),
        });
        const json = line(exchange, result, NODE);
        expect(json).not.toContain('CANARY');
        expect(JSON.parse(json)).toMatchObject({ exchange: { seq: 7 }, ai: { meta: { request_model: 'm-REDACTED' } } });
      }),
    );
  });

  it('masks the JSON member of a body that the route sends a credential in', () => {
    const text = String.raw`{"api_token" : "CANARY\"1","max_tokens":1,"other":"api_token"}`;
    const ai = aiFacts({ payload: { request: { text }, response: { text: '{"api_token":"CANARY' } } });
    const exchange = exchangeFacts({ ai, secretNames: new Set(['api_token']) });
    expect(assembleRecord(exchange, exchangeResult(), NODE).ai?.payload).toEqual({
      request: '{"api_token" : "REDACTED","max_tokens":1,"other":"api_token"}',
      response: '{"api_token":"REDACTED"',
    });
  });

  it('does not tear plain words out of a record because somebody uses them as a key', () => {
    const exchange = exchangeFacts({
      secretValues: new Set(['anything', 'claude']),
      request: { headers: { authorization: 'Bearer messages', 'user-agent': 'claude-cli' } },
    });
    const { request } = assembleRecord(exchange, exchangeResult(), NODE);
    expect(request.uri).toBe('/anything/v1/messages?beta=true');
    expect(request.headers).toEqual({ authorization: 'REDACTED', 'user-agent': 'claude-cli' });
  });
});

describe('SecretRedaction', () => {
  const redaction = new SecretRedaction();

  it('masks headers by name and echoes of their credentials', () => {
    expect(
      redaction.headers(
        { 'x-api-key': 'CANARY0123456', 'x-mine': 'a', 'x-echo': 'is CANARY0123456', accept: undefined },
        new Set(['x-mine']),
      ),
    ).toEqual({ 'x-api-key': 'REDACTED', 'x-mine': 'REDACTED', 'x-echo': 'is REDACTED' });
  });

  it('masks URIs and scrubs texts', () => {
    expect(redaction.uri('/a?mine=x&key=y', new Set(['mine']))).toBe('/a?mine=REDACTED&key=REDACTED');
    expect(redaction.text('it was CANARY0123456', new Set(['CANARY0123456']))).toBe('it was REDACTED');
  });
});

import { describe, expect, it } from '@jest/globals';
import { isSecretName } from './secret-names.js';

describe('isSecretName', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'x-api-key',
    'api-key',
    'api_key',
    'apikey',
    'cookie',
    'set-cookie',
    'x-goog-api-key',
    'access_token',
    'x-auth-token',
    'x-amz-security-token',
    'ocp-apim-subscription-key',
    'helicone-auth',
    'cf-access-client-secret',
    'x-hub-signature-256',
    'key',
  ])('%s is', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'user-agent',
    'idempotency-key',
    'sec-websocket-key2',
    'x-ratelimit-limit-tokens',
    'anthropic-ratelimit-tokens-remaining',
    'max_tokens',
    'next_page_token',
    'author',
    'www-authenticate',
    'traceparent',
    'constructor',
  ])('%s is not', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

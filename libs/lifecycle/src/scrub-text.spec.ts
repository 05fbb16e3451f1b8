import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { scrubText } from './scrub-text.js';
import { SecretValues } from './secret-values.js';

describe('scrubText', () => {
  it.each([
    [
      'Incorrect API key provided: sk-proj-abc***xyz. See the docs.',
      'Incorrect API key provided: REDACTED. See the docs.',
    ],
    ['Authorization: Bearer abcDEF123456', 'Authorization: Bearer REDACTED'],
    ['got "Basic dXNlcjpwYXNz" there', 'got "Basic REDACTED" there'],
    ['{"api_key":"abcdefgh","x":1}', '{"api_key":"REDACTED","x":1}'],
    [
      'connect https://u:p@h.example/x?key=k1&b=2 failed',
      'connect https://REDACTED@h.example/x?key=REDACTED&b=2 failed',
    ],
    ['broker kafka://u:p@h:9092 is down', 'broker kafka://REDACTED@h:9092 is down'],
    ['POST /v1beta/m:gen?key=AIzaX&alt=sse', 'POST /v1beta/m:gen?key=REDACTED&alt=sse'],
    ['key AIzaSyA1234567890abcdefghijklmnopqrs', 'key REDACTED'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'token REDACTED'],
  ])('takes the credential out of %s', (text, scrubbed) => {
    expect(scrubText(text)).toBe(scrubbed);
  });

  it.each([
    'max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens',
    'Bearer authentication is needed',
    'the task-management-system is down',
    'connect ECONNREFUSED 127.0.0.1:9092',
    'model: claude-sonnet-4-5-20250929',
  ])('leaves alone: %s', (text) => {
    expect(scrubText(text)).toBe(text);
  });

  it('cuts long texts, and no credential is left at the cut', () => {
    const secret = 'canary-0123456789';
    for (const before of [16_370, 4_090]) {
      const scrubbed = scrubText('.'.repeat(before) + secret + '.'.repeat(10), new SecretValues([secret]));
      expect(scrubbed).not.toContain('canary');
      expect(scrubbed.length).toBeLessThanOrEqual(4_097);
    }
  });

  it('finds a literal credential raw, percent-encoded and in JSON', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, unit: 'grapheme-ascii' }),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          const secrets = new SecretValues([secret]);
          for (const written of [secret.trim(), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
            fc.pre(!secret.includes(' '));
            expect(scrubText(`${before} ${written} ${after}`, secrets)).not.toContain(written);
          }
        },
      ),
    );
  });

  it('does not take short plain words for credentials', () => {
    expect(scrubText('ollama is not running at test', new SecretValues(['ollama', 'test', 'Bearer dummy']))).toBe(
      'ollama is not running at test',
    );
  });

  it('is quick on hostile text', () => {
    for (const unit of ['api_key', 'Bearer ', 'https://', '/?', 'eyJaaaaaaaaa.', '"password" : ', '://@']) {
      const started = process.cpuUsage().user;
      scrubText(unit.repeat(20_000));
      expect(process.cpuUsage().user - started).toBeLessThan(500_000);
    }
  });
});

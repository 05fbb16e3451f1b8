import { describe, expect, it } from '@jest/globals';
import { aiProxyConfig } from './ai-proxy.config.js';
import type { TemplateSource } from './templates.js';
import { UpstreamTarget } from './upstream-target.js';

const exchange = (headers: Record<string, string> = {}) =>
  ({ request: { headers, query: '' }, uriCaptures: {} }) as unknown as TemplateSource;

function target(options: object, provider = 'openai') {
  return new UpstreamTarget(
    aiProxyConfig.parse({ route_type: 'llm/v1/chat', llm_format: 'anthropic', model: { provider, options } }).model,
  );
}

describe('UpstreamTarget', () => {
  it.each([
    [{}, 'chat', 'https://api.openai.com', '/v1/chat/completions'],
    [{ upstream_path: '/gpt' }, 'chat', 'https://api.openai.com', '/gpt'],
    [{ upstream_url: 'http://127.0.0.1:9' }, 'chat', 'http://127.0.0.1:9', '/v1/chat/completions'],
    [{ upstream_url: 'http://h:9/v1/' }, 'embeddings', 'http://h:9', '/v1/embeddings'],
    [{ upstream_url: 'http://h:9/v1/chat/completions' }, 'chat', 'http://h:9', '/v1/chat/completions'],
    [{ upstream_url: 'http://h:9/v1/chat/completions' }, 'completions', 'http://h:9', '/v1/completions'],
    [{ upstream_url: 'http://h:9/openai/chat/completions?v=1' }, 'models', 'http://h:9', '/openai/models?v=1'],
    [{ upstream_url: 'http://h:9/custom/endpoint' }, 'chat', 'http://h:9', '/custom/endpoint'],
  ])('resolves %j for %s', (options, operation, origin, path) => {
    expect(target(options).address(operation, exchange())).toEqual({ origin, path });
  });

  it('speaks Anthropic to the provider anthropic, count_tokens included', () => {
    const anthropic = target({ upstream_url: 'https://proxy.example/v1/messages' }, 'anthropic');
    expect(anthropic.family).toBe('anthropic');
    expect(anthropic.address('count_tokens', exchange()).path).toBe('/v1/messages/count_tokens');
  });

  it('resolves templates for every request anew', () => {
    const templated = target({ upstream_url: 'http://$(headers.x-shard).example:9/v1' });
    expect(templated.address('chat', exchange({ 'x-shard': 'a' })).origin).toBe('http://a.example:9');
    expect(templated.address('chat', exchange({ 'x-shard': 'b' })).origin).toBe('http://b.example:9');
  });

  it.each([
    'evil.example/',
    'evil.example#',
    'evil.example?',
    'x@evil.example',
    'a:b',
    'a\\b',
    '%2e',
    '..',
    '.',
    '',
    'a b',
    'ü',
  ])('refuses a value that would change the address around it: %j', (shard) => {
    const inHost = target({ upstream_url: 'http://$(headers.x-shard).example:9/v1' });
    expect(() => inHost.address('chat', exchange({ 'x-shard': shard }))).toThrow(
      "cannot stand in field 'upstream_url'",
    );
    const inPath = target({ upstream_url: 'http://example:9/$(headers.x-shard)/v1' });
    expect(() => inPath.address('chat', exchange({ 'x-shard': shard }))).toThrow(
      "cannot stand in field 'upstream_url'",
    );
  });

  it.each([
    [{}, undefined, true],
    [{ upstream_url: 'http://h:9/v1' }, undefined, true],
    [{ upstream_url: 'http://h:9' }, undefined, true],
    [{ upstream_url: 'http://h:9/v1/responses?v=1' }, 'responses', true],
    [{ upstream_url: 'http://$(headers.x-shard):9/v1/chat/completions' }, 'chat', true],
    [{ upstream_url: 'http://h:9/custom' }, 'chat', false],
    [{ upstream_path: '/x/responses' }, 'responses', true],
  ])('knows the endpoint that %j names', (options, endpoint, reachesAll) => {
    expect(target(options)).toMatchObject({ endpoint, reachesAll });
  });

  it('reaches the other endpoints beside the one that is named', () => {
    const path = (options: object, operation: string) => target(options).address(operation, exchange()).path;
    expect(path({ upstream_url: 'http://h/v1/responses' }, 'input_tokens')).toBe('/v1/responses/input_tokens');
    expect(path({ upstream_url: 'http://h/v1/chat/completions' }, 'responses')).toBe('/v1/responses');
    expect(path({ upstream_path: '/x/chat/completions' }, 'responses')).toBe('/x/responses');
  });

  it('takes any host but OpenAI’s own for a compatible server', () => {
    expect(target({}).compatible).toBe(false);
    expect(target({ upstream_url: 'https://eu.api.openai.com/v1' }).compatible).toBe(false);
    expect(target({ upstream_url: 'https://api.openai.com.evil.example/v1' }).compatible).toBe(true);
  });
});

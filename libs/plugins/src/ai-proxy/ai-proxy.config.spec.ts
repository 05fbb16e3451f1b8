import { describe, expect, it } from '@jest/globals';
import { aiProxyConfig, checkAiProxyConfig } from './ai-proxy.config.js';

function problems(options: object): unknown[] {
  const config = aiProxyConfig.parse({ route_type: 'llm/v1/chat', model: { provider: 'openai', name: 'm', options } });
  return checkAiProxyConfig(config).map(({ path }) => path.join('.'));
}

describe('prices of a model', () => {
  it('are whole, or left to the table', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ input_cost: 0, output_cost: 0 })).toEqual([]);
    expect(problems({ input_cost: 2, output_cost: 8, cache_read_cost: 0.2, cache_write_cost: 2.5 })).toEqual([]);
    expect(problems({ input_cost: 2 })).toEqual(['model.options']);
    expect(problems({ cache_read_cost: 0.2 })).toEqual(['model.options.cache_read_cost']);
    expect(problems({ cache_write_cost: 2.5 })).toEqual(['model.options.cache_write_cost']);
  });

  it('are never negative', () => {
    expect(() => problems({ input_cost: -1, output_cost: 1 })).toThrow();
  });
});

describe('the address of the upstream', () => {
  it.each([
    'https://api.example.com/v1',
    'https://$(headers.x-shard).example.com/v1',
    'https://$(headers.x-shard)-eu.example.com:8443/v1',
    'http://$(uri_captures.shard).svc/v1',
    'https://api.example.com/$(query_params.tier)/v1',
  ])('may be %s', (upstream_url) => expect(problems({ upstream_url })).toEqual([]));

  it.each([
    'https://$(headers.x-host)/v1',
    'http://$(headers.x-host):8080/v1',
    'https://api.$(headers.x-domain)/v1',
    'https://a.example.com$(headers.x-more)/v1',
    'https://api.example.com.$(headers.x)./v1',
  ])('is not for the client to choose: %s', (upstream_url) => {
    expect(problems({ upstream_url })).toEqual(['model.options.upstream_url']);
  });
});

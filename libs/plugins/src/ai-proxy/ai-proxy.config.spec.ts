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

import { describe, expect, it } from '@jest/globals';
import { CapabilityTable } from './capability-table.js';
import type { Remedy } from './canonical/error.js';

const table = new CapabilityTable();
const openai = (model: string) => table.for(model, 'openai');

describe('CapabilityTable', () => {
  it.each([
    ['gpt-4.1', { developerRole: false, temperature: true, efforts: [], maxOutput: 32_768, contextWindow: 1_047_576 }],
    ['gpt-4o-mini-2024-07-18', { efforts: [], contextWindow: 128_000, vision: true, pdf: true }],
    ['gpt-4-0613', { vision: false, contextWindow: 8192, structuredOutput: 'json_object' }],
    ['gpt-5-mini', { developerRole: true, temperature: false, efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['gpt-5-chat-latest', { efforts: [], temperature: true, contextWindow: 128_000 }],
    ['gpt-5-pro', { endpoints: ['responses'], efforts: ['high'], maxOutput: 272_000 }],
    ['gpt-5-codex', { endpoints: ['responses'], efforts: ['low', 'medium', 'high'] }],
    ['gpt-5.1-2025-11-13', { efforts: ['none', 'low', 'medium', 'high'], reasoningWithToolsOnChat: true }],
    ['gpt-5.2', { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], reasoningWithToolsOnChat: true }],
    ['gpt-5.2-pro', { endpoints: ['responses'], efforts: ['medium', 'high', 'xhigh'] }],
    ['gpt-5.3-chat-latest', { efforts: [] }],
    ['gpt-5.4', { reasoningWithToolsOnChat: false, contextWindow: 1_050_000, cacheBreakpoints: false }],
    ['gpt-5.4-mini', { reasoningWithToolsOnChat: false, contextWindow: 400_000 }],
    ['gpt-5.6-terra', { cacheBreakpoints: true, efforts: expect.arrayContaining(['none', 'max']) }],
    ['gpt-5.10', { cacheBreakpoints: true }],
    ['gpt-6', { cacheBreakpoints: true, reasoningWithToolsOnChat: false }],
    ['o3', { efforts: ['low', 'medium', 'high'], parallelToolCalls: false, contextWindow: 200_000 }],
    ['o4-mini', { imageTokens: { kind: 'patches', factor: 1.72 } }],
    ['openai/GPT-5.2', { developerRole: true }],
    ['ft:gpt-4o:org::id', { contextWindow: 128_000 }],
    ['never-heard-of', { developerRole: false, efforts: [], maxTokensField: 'max_completion_tokens' }],
  ])('knows %s', (model, facts) => {
    expect(openai(model)).toMatchObject(facts);
  });

  it.each([
    ['deepseek-chat', { reasoningContent: 'require', vision: false, pdf: false, maxTokensField: 'max_tokens' }],
    ['moonshotai/Kimi-K2', { reasoningContent: 'require' }],
    ['gpt-oss-120b', { efforts: ['low', 'medium', 'high'] }],
    ['qwen3', { developerRole: false, textParts: false, cacheKey: false, strict: false, arrayToolContent: false }],
  ])('is careful with %s on a compatible server', (model, facts) => {
    expect(table.for(model, 'compat')).toMatchObject(facts);
  });

  it('knows OpenAI’s own models behind any host', () => {
    expect(table.for('gpt-5.2', 'compat')).toEqual(openai('gpt-5.2'));
  });

  it('lets the operator correct it', () => {
    const overrides = {
      context_window: 1,
      max_output_tokens: 2,
      max_tokens_field: 'max_tokens' as const,
      developer_role: false,
      temperature: true,
      top_k: true,
      reasoning_efforts: ['high', 'low', 'turbo'],
      reasoning_content: true,
      vision: false,
      pdf: false,
      stream_usage: false,
      array_tool_content: false,
      prompt_cache_breakpoints: true,
    };
    expect(table.for('gpt-5.2', 'openai', overrides)).toMatchObject({
      contextWindow: 1,
      maxOutput: 2,
      maxTokensField: 'max_tokens',
      developerRole: false,
      temperature: true,
      topK: true,
      efforts: ['low', 'high'],
      reasoningContent: 'replay',
      vision: false,
      pdf: false,
      streamUsage: false,
      arrayToolContent: false,
      cacheBreakpoints: true,
    });
    expect(table.for('deepseek-chat', 'compat', { reasoning_content: true }).reasoningContent).toBe('require');
    expect(table.for('deepseek-chat', 'compat', { reasoning_content: false }).reasoningContent).toBe('drop');
  });

  it('gives one object for one answer, until it learns something about the model', () => {
    const fresh = new CapabilityTable();
    const first = fresh.for('gpt-5.2', 'openai');
    expect(fresh.for('gpt-5.2', 'openai')).toBe(first);
    fresh.learn('gpt-4.1', { kind: 'strip_reasoning' });
    expect(fresh.for('gpt-5.2', 'openai')).toBe(first);
    fresh.learn('gpt-5.2', { kind: 'retry' });
    expect(fresh.for('gpt-5.2', 'openai')).toBe(first);
    fresh.learn('gpt-5.2', { kind: 'drop_parameter', parameter: 'service_tier' });
    const second = fresh.for('gpt-5.2', 'openai');
    expect(second).not.toBe(first);
    expect(fresh.for('gpt-5.2', 'openai')).toBe(second);
    expect(Object.isFrozen(second)).toBe(true);
  });

  it('R56: learns what a refusal teaches, over table and operator', () => {
    const after = (model: string, ...remedies: Remedy[]) => {
      const fresh = new CapabilityTable();
      for (const remedy of remedies) fresh.learn(model, remedy);
      return fresh.for(model, 'openai', { temperature: true, stream_usage: true });
    };
    const drop = (parameter: string): Remedy => ({ kind: 'drop_parameter', parameter });
    const set = (parameter: string, value: unknown): Remedy => ({ kind: 'set_parameter', parameter, value });
    expect(after('m', drop('temperature')).temperature).toBe(false);
    expect(after('m', drop('top_p')).temperature).toBe(false);
    expect(after('m', drop('top_k')).topK).toBe(false);
    expect(after('m', set('temperature', 1)).temperature).toBe(false);
    expect(after('m', drop('stream_options')).streamUsage).toBe(false);
    expect(after('m', drop('include_obfuscation')).streamObfuscation).toBe(false);
    expect(after('m', drop('parallel_tool_calls')).parallelToolCalls).toBe(false);
    expect(after('m', drop('service_tier')).serviceTier).toBe(false);
    expect(after('m', drop('response_format')).structuredOutput).toBe('none');
    expect(after('m', drop('strict')).strict).toBe(false);
    expect(after('gpt-5.6', drop('prompt_cache_options')).cacheBreakpoints).toBe(false);
    expect(after('gpt-5.2', drop('reasoning_effort')).efforts).toEqual([]);
    expect(after('glm', { kind: 'strip_reasoning' }).reasoningContent).toBe('drop');
    expect(after('glm', drop('reasoning_content')).reasoningContent).toBe('drop');
    expect(
      after('m', { kind: 'rename_parameter', parameter: 'max_completion_tokens', to: 'max_tokens' }).maxTokensField,
    ).toBe('max_tokens');
    expect(after('m', set('max_tokens', 77)).maxOutput).toBe(77);
    expect(after('m', drop('logprobs')).adjustments).toEqual([{ kind: 'drop', parameter: 'logprobs' }]);
    expect(after('m', { kind: 'rename_parameter', parameter: 'a', to: 'b' }).adjustments).toEqual([
      { kind: 'rename', parameter: 'a', to: 'b' },
    ]);
  });

  it('R56: learns which efforts a model takes', () => {
    const efforts = (model: string, value: unknown) => {
      const fresh = new CapabilityTable();
      fresh.learn(model, { kind: 'set_parameter', parameter: 'reasoning_effort', value });
      return fresh.for(model, 'openai');
    };
    expect(efforts('gpt-5.2', 'high').efforts).toEqual(['none', 'low', 'medium', 'high']);
    expect(efforts('gpt-5.2', 'low').efforts).toEqual(['low', 'medium', 'high', 'xhigh']);
    expect(efforts('gpt-5', 'none')).toMatchObject({
      efforts: ['none', 'low', 'medium', 'high'],
      reasoningWithToolsOnChat: true,
    });
    expect(efforts('gpt-5.2', 'none')).toMatchObject({
      efforts: openai('gpt-5.2').efforts,
      reasoningWithToolsOnChat: false,
    });
    expect(efforts('gpt-5.2', 'turbo').efforts).toEqual(openai('gpt-5.2').efforts);
  });

  it('R56: takes the list of efforts from a refusal that has one', () => {
    const fresh = new CapabilityTable();
    const supported = ['medium', 'none', 'low', 'unheard-of'];
    fresh.learn('gpt-5.2', { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'medium', supported });
    expect(fresh.for('gpt-5.2', 'openai').efforts).toEqual(['none', 'low', 'medium']);
    fresh.learn('gpt-5', { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'none', supported: ['none'] });
    expect(fresh.for('gpt-5', 'openai')).toMatchObject({ efforts: ['none'], reasoningWithToolsOnChat: true });
  });

  it('opens a refused tool, and leaves it out when it is refused again', () => {
    const fresh = new CapabilityTable();
    const refused = () => [...fresh.for('m', 'compat').refusedTools];
    const remedy: Remedy = { kind: 'relax_tool', tool: 'T' };
    fresh.learn('m', remedy);
    expect(refused()).toEqual([['T', 'open']]);
    fresh.learn('m', remedy);
    expect(refused()).toEqual([['T', 'omit']]);
    fresh.learn('m', remedy);
    expect(refused()).toEqual([['T', 'omit']]);
  });

  it('remembers a bounded number of lessons and models', () => {
    const fresh = new CapabilityTable();
    for (let i = 0; i < 300; i++) fresh.learn('m', { kind: 'drop_parameter', parameter: `p${i}` });
    expect(fresh.for('m', 'compat').adjustments).toHaveLength(64);
    for (let i = 0; i < 300; i++) fresh.learn(`m${i}`, { kind: 'drop_parameter', parameter: 'x' });
    expect(fresh.for('m', 'compat').adjustments).toEqual([]);
    expect(fresh.for('m299', 'compat').adjustments).toHaveLength(1);
    for (let i = 0; i < 1000; i++) fresh.for(`name-${i}`, 'compat');
    expect(fresh.for('m299', 'compat').adjustments).toHaveLength(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  anthropicModelEntry,
  anthropicModelList,
  discoverableId,
  modelOfId,
  openAiModelEntry,
  openAiModelList,
} from './models.js';

const models = [
  { name: 'gpt-5-mini', contextWindow: 400_000, maxOutput: 128_000 },
  { name: 'claude-opus-5-5', created: 1 },
];

describe('models', () => {
  it('X03: lists them in Anthropic’s shape under ids that Claude Code’s discovery takes', () => {
    const list = JSON.parse(anthropicModelList(models)) as { data: { id: string }[] };
    expect(list).toMatchObject({ has_more: false, first_id: 'claude-gw-gpt-5-mini', last_id: 'claude-opus-5-5' });
    expect(list.data[0]).toEqual({
      type: 'model',
      id: 'claude-gw-gpt-5-mini',
      display_name: 'gpt-5-mini',
      created_at: '1970-01-01T00:00:00.000Z',
      capabilities: null,
      deprecated_at: null,
      lifecycle: 'active',
      line: null,
      max_input_tokens: 400_000,
      max_tokens: 128_000,
      retires_at: null,
    });
  });

  it('takes the listed id and the plain name, also for one model', () => {
    expect(modelOfId(discoverableId('gpt-5-mini'))).toBe('gpt-5-mini');
    expect(JSON.parse(anthropicModelEntry(models, 'gpt-5-mini'))).toEqual(
      JSON.parse(anthropicModelEntry(models, 'claude-gw-gpt-5-mini')),
    );
  });

  it('X04: answers 404 not_found_error for an unknown one', () => {
    expect(() => anthropicModelEntry(models, 'unknown')).toThrow(
      expect.objectContaining({ status: 404, type: 'not_found_error' }),
    );
  });

  it('an empty list is a list', () => {
    expect(JSON.parse(anthropicModelList([]))).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  it('speaks OpenAI’s shape to OpenAI’s clients', () => {
    expect(JSON.parse(openAiModelList(models))).toMatchObject({
      object: 'list',
      data: [{ id: 'gpt-5-mini', object: 'model' }, {}],
    });
    expect(JSON.parse(openAiModelEntry(models, 'claude-opus-5-5'))).toMatchObject({ created: 1 });
  });
});

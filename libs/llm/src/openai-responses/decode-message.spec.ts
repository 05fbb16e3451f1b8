import { describe, expect, it } from '@jest/globals';
import type { LlmError } from '../canonical/error.js';
import type { JsonRecord } from '../json.js';
import { ERRORS } from '../testing/translate.js';
import { decodeResponsesMessage } from './decode-message.js';

const message = (text: string, annotations: readonly object[] = []) => ({
  type: 'message',
  id: 'msg_1',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations }],
});
const call = (args: unknown, more: object = {}) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'Read',
  arguments: args,
  status: 'completed',
  ...more,
});
const response = (output: readonly object[], more: JsonRecord = {}): JsonRecord => ({
  id: 'resp_1',
  model: 'gpt-5.6',
  status: 'completed',
  output,
  ...more,
});
const decode = (output: readonly object[], more: JsonRecord = {}) =>
  decodeResponsesMessage(response(output, more), { errors: ERRORS });
const failure = (body: Buffer | JsonRecord): LlmError => {
  try {
    decodeResponsesMessage(body, { errors: ERRORS });
  } catch (error) {
    return error as LlmError;
  }
  throw new Error('it was decoded');
};

describe('a whole response', () => {
  it('S14: keeps the order of its items and all of the reasoning', () => {
    const summary = [
      { type: 'summary_text', text: 'p1' },
      { type: 'summary_text', text: 'p2' },
    ];
    const reasoning = { type: 'reasoning', id: 'rs_1', summary, encrypted_content: 'E' };
    const { blocks, stop, meta } = decode([reasoning, { ...message('m'), phase: 'commentary' }, call('{"p":1}')]);
    expect(blocks).toEqual([
      {
        type: 'thinking',
        text: 'p1\n\np2',
        item: { id: 'rs_1', encrypted: 'E', summary: ['p1', 'p2'], phase: 'commentary' },
      },
      { type: 'text', text: 'm', citations: [], refusal: false },
      { type: 'tool_call', id: 'call_1', name: 'Read', input: '{"p":1}' },
    ]);
    expect([stop, meta]).toEqual(['end_turn', { id: 'resp_1', model: 'gpt-5.6', serviceTier: undefined }]);
    // Nothing to show and nothing to give back.
    expect(decode([{ type: 'reasoning', id: 'rs_1', summary: [] }]).blocks).toEqual([]);
  });

  it('S11: counts cached and reasoning tokens', () => {
    const usage = {
      input_tokens: 100,
      output_tokens: 9,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      output_tokens_details: { reasoning_tokens: 4 },
    };
    expect(decode([message('a')], { usage, service_tier: 'priority' }).usage).toMatchObject({
      input: 100,
      cachedInput: 60,
      cacheWriteInput: 30,
      output: 9,
      reasoningOutput: 4,
      total: 109,
      serviceTier: 'priority',
    });
    expect(decode([message('a')]).usage).toBeUndefined();
  });

  it('S07: takes no arguments for an empty object', () => {
    expect(decode([call('')]).blocks).toMatchObject([{ input: '{}' }]);
    expect(decode([call({ p: 1 })]).blocks).toMatchObject([{ input: '{"p":1}' }]);
  });

  it('S06 S15: drops a call that the output limit cut', () => {
    const more = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    const { blocks, stop, lossy } = decode([message('a'), call('{"p":"x', { status: 'incomplete' })], more);
    expect(blocks.map(({ type }) => type)).toEqual(['text']);
    expect([stop, lossy]).toEqual(['max_tokens', ['response.tool_call']]);
  });

  it('S05: asks once more when the arguments are no JSON', () => {
    expect(failure(response([call('{"p":"x')]))).toMatchObject({ status: 502, remedy: { kind: 'retry' } });
  });

  it('S08 S09: a refusal', () => {
    const refusal = { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] };
    expect(decode([refusal]).blocks).toEqual([{ type: 'text', text: 'No.', citations: [], refusal: true }]);
    const more = { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
    expect(decode([message('par')], more).stop).toBe('refusal');
  });

  it('S16: what failed is an error', () => {
    const failed = (error: object | null) => failure(response([], { status: 'failed', error }));
    expect(failed({ code: 'server_error', message: 'm' })).toMatchObject({ status: 500, type: 'api_error' });
    expect(failed({ code: 'rate_limit_exceeded', message: 'm' })).toMatchObject({ status: 429 });
    expect(failed(null)).toMatchObject({ status: 502 });
    expect(failure(Buffer.from('<html>'))).toMatchObject({ status: 502 });
    expect(failure({ id: 'x' })).toMatchObject({ status: 502 });
  });

  it('S17: a search with its results and citations', () => {
    const search = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.org/' }] },
    };
    const opened = { type: 'web_search_call', id: 'ws_2', action: { type: 'open_page', url: 'https://b.org/' } };
    const cited = [
      { type: 'url_citation', url: 'https://a.org/', title: 'T1', start_index: 0, end_index: 4 },
      { type: 'url_citation', url: 'https://c.org/', title: 'T3', start_index: 0, end_index: 4 },
    ];
    const usage = { input_tokens: 1, output_tokens: 1 };
    const { blocks, usage: counted } = decode([search, opened, message('text', cited)], { usage });
    expect(blocks.slice(0, 2)).toEqual([
      { type: 'web_search_call', id: 'ws_1', query: 'q' },
      {
        type: 'web_search_result',
        callId: 'ws_1',
        outcome: [
          { url: 'https://a.org/', title: 'T1' },
          { url: 'https://b.org/', title: undefined },
          { url: 'https://c.org/', title: 'T3' },
        ],
      },
    ]);
    expect(blocks[2]).toMatchObject({ type: 'text', citations: [{ title: 'T1' }, { title: 'T3' }] });
    expect(counted?.webSearches).toBe(1);
  });

  it('tells what it cannot carry over', () => {
    expect(decode([message('a'), { type: 'image_generation_call' }]).lossy).toEqual(['response.image_generation_call']);
  });
});

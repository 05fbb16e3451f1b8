import { describe, expect, it } from '@jest/globals';
import { checkGrammar } from './grammar.js';
import type { AnthropicEvent, Fields } from './sse.js';

const start = (message: Fields = {}): AnthropicEvent => ({
  type: 'message_start',
  message: {
    id: 'msg_0123456789abcdefghij',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: { input_tokens: 5, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    ...message,
  },
});

const BLOCKS: Readonly<Record<string, Fields>> = {
  text: { type: 'text', text: '', citations: null },
  thinking: { type: 'thinking', thinking: '', signature: '' },
  tool_use: { type: 'tool_use', id: 'c1', name: 'Read', input: {} },
  result: { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
};

const block = (index: number, kind: string, fields: Fields = {}): AnthropicEvent => ({
  type: 'content_block_start',
  index,
  content_block: { ...BLOCKS[kind], ...fields },
});
const delta = (index: number, type: string, fields: Fields): AnthropicEvent => ({
  type: 'content_block_delta',
  index,
  delta: { type, ...fields },
});
const text = (index: number, value = 'a') => delta(index, 'text_delta', { text: value });
const thinking = (index: number, value = 'r') => delta(index, 'thinking_delta', { thinking: value });
const signature = (index: number, value = 's') => delta(index, 'signature_delta', { signature: value });
const args = (index: number, value: string) => delta(index, 'input_json_delta', { partial_json: value });
const stop = (index: number): AnthropicEvent => ({ type: 'content_block_stop', index });
const finish = (reason = 'end_turn', fields: Fields = {}, usage: Fields = { output_tokens: 1 }): AnthropicEvent => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null, ...fields },
  usage,
});
const end: AnthropicEvent = { type: 'message_stop' };
const ping: AnthropicEvent = { type: 'ping' };
const error = (fields: Fields = {}, id: unknown = 'req_1'): AnthropicEvent => ({
  type: 'error',
  error: { type: 'api_error', message: 'm', ...fields },
  request_id: id,
});

const oneText = [block(0, 'text'), text(0), stop(0)];

describe('the grammar', () => {
  it.each<[string, AnthropicEvent[]]>([
    ['a text', [start(), ...oneText, finish(), end]],
    ['nothing', [start(), finish('max_tokens'), end]],
    ['pings everywhere', [start(), ping, block(0, 'text'), ping, text(0), stop(0), ping, finish(), ping, end]],
    [
      'thinking, text and a tool',
      [
        start(),
        block(0, 'thinking'),
        thinking(0),
        thinking(0, ''),
        signature(0),
        stop(0),
        block(1, 'text'),
        text(1),
        stop(1),
        block(2, 'tool_use'),
        args(2, '{"p":'),
        args(2, '1}'),
        stop(2),
        finish('tool_use'),
        end,
      ],
    ],
    ['a tool without input', [start(), block(0, 'tool_use'), stop(0), finish('tool_use'), end]],
    ['a block that comes whole', [start(), block(0, 'result'), stop(0), finish(), end]],
    ['a tool call cut by the limit', [start(), block(0, 'tool_use'), args(0, '{"p":'), finish('max_tokens'), end]],
    ['a stop sequence', [start(), ...oneText, finish('stop_sequence', { stop_sequence: 'END' }), end]],
    ['an error between blocks', [start(), ...oneText, error()]],
    ['an error in an open block', [start(), block(0, 'text'), text(0), error({ details: null })]],
  ])('lets pass: %s', (_name, events) => expect(() => checkGrammar(events)).not.toThrow());

  it.each<[string, AnthropicEvent[], string]>([
    ['an empty stream', [], 'ends with message_stop or error'],
    ['a ping first', [ping, start(), finish(), end], 'the first event is message_start'],
    ['a block first', [block(0, 'text')], 'the first event is message_start'],
    ['two starts', [start(), start()], 'one message_start'],
    ['no message', [{ type: 'message_start' }], 'message_start has a message'],
    ['content at the start', [start({ content: [{ type: 'text', text: '' }] })], 'content is []'],
    ['a missing null', [start({ stop_details: undefined })], 'stop_details is null, not undefined'],
    ['an odd id', [start({ id: 'chatcmpl-1' })], 'looks like msg_'],
    ['no estimate', [start({ usage: { input_tokens: 0 } })], 'estimate above 0'],
    ['a nested block', [start(), block(0, 'text'), block(1, 'text')], 'one block is open at a time'],
    ['a skipped index', [start(), block(1, 'text')], 'the next index is 0, not 1'],
    ['a reopened block', [start(), ...oneText, block(0, 'text')], 'the next index is 1, not 0'],
    ['a filled start', [start(), block(0, 'text', { text: 'x' })], 'text is "", not "x"'],
    ['input at the start', [start(), block(0, 'tool_use', { input: { a: 1 } })], 'input is {}'],
    ['a nameless tool', [start(), block(0, 'tool_use', { name: '' })], 'has its name at the start'],
    ['a delta without block', [start(), text(0)], 'needs an open block'],
    ['a delta for another block', [start(), block(0, 'text'), text(1)], 'the open block is 0, the delta is for 1'],
    ['a foreign delta', [start(), block(0, 'tool_use'), text(0)], 'a tool_use block has no text_delta'],
    ['an unknown delta', [start(), block(0, 'text'), delta(0, 'x_delta', {})], 'a text block has no x_delta'],
    ['a delta in a whole block', [start(), block(0, 'result'), text(0)], 'has no text_delta'],
    ['an empty text', [start(), block(0, 'text'), text(0, '')], 'a text_delta has text'],
    ['empty JSON', [start(), block(0, 'tool_use'), args(0, '')], 'an input_json_delta has JSON'],
    ['two signatures', [start(), block(0, 'thinking'), signature(0), signature(0)], 'once, and last'],
    ['thinking behind the signature', [start(), block(0, 'thinking'), signature(0), thinking(0)], 'once, and last'],
    ['an empty signature', [start(), block(0, 'thinking'), signature(0, '')], 'not empty'],
    ['a stop without block', [start(), stop(0)], 'a stop needs an open block'],
    ['a stop of another block', [start(), block(0, 'text'), stop(1)], 'the open block is 0, the stop is for 1'],
    [
      'broken input',
      [start(), block(0, 'tool_use'), args(0, '{"p":'), stop(0)],
      'the input of a tool is a JSON object',
    ],
    ['input of another kind', [start(), block(0, 'tool_use'), args(0, '[1]'), stop(0)], 'a JSON object, not [1]'],
    [
      'an open block at the end',
      [start(), block(0, 'text'), text(0), finish('max_tokens')],
      'stopped before message_delta',
    ],
    [
      'an open tool at a regular end',
      [start(), block(0, 'tool_use'), finish('tool_use')],
      'stopped before message_delta',
    ],
    ['an unknown reason', [start(), finish('stop')], 'stop is no stop reason'],
    ['tool_use without a tool', [start(), ...oneText, finish('tool_use')], 'needs a tool_use block'],
    ['a sequence without its reason', [start(), finish('end_turn', { stop_sequence: 'x' })], 'with its reason only'],
    ['a reason without its sequence', [start(), finish('stop_sequence')], 'with its reason only'],
    ['no usage', [start(), finish('end_turn', {}, {})], 'reports output_tokens'],
    ['no input tokens', [start(), finish('end_turn', {}, { output_tokens: 1, input_tokens: 0 })], 'above 0'],
    ['two message_deltas', [start(), finish(), finish()], 'one message_delta'],
    ['a block behind the end', [start(), finish(), block(0, 'text')], 'between message_start and message_delta'],
    ['an early end', [start(), end], 'message_stop follows message_delta'],
    ['no end', [start(), finish()], 'ends with message_stop or error'],
    ['more behind the end', [start(), finish(), end, ping], 'nothing may follow'],
    ['more behind an error', [start(), error(), end], 'nothing may follow'],
    ['an error behind message_delta', [start(), finish(), error()], 'takes the place of message_delta'],
    ['a foreign error type', [start(), error({ type: 'server_error' })], 'server_error is no type of error'],
    ['a silent error', [start(), error({ message: '' })], 'an error has a message'],
    ['more in an error', [start(), error({ code: 'x' })], 'an error has no code'],
    ['an error without id', [start(), error({}, null)], 'has the request_id'],
    ['a foreign event', [start(), { type: 'chunk' }], 'chunk is no event'],
  ])('refuses %s', (_name, events, rule) => expect(() => checkGrammar(events)).toThrow(rule));

  it('says where', () => {
    expect(() => checkGrammar([start(), ping, text(0)])).toThrow(
      'event 2 (content_block_delta): a delta needs an open block',
    );
  });
});

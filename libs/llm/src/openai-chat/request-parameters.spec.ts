import { describe, expect, it } from '@jest/globals';
import { CapabilityTable } from '../capability-table.js';
import {
  A,
  BASE,
  C4,
  C5,
  C56,
  call,
  DS,
  encode,
  png,
  refusal,
  result,
  S,
  target,
  text,
  TOOL,
  U,
} from '../testing/chat-request.js';
import type { OpenAiTarget } from '../openai/target.js';
import { isCachePrewarm } from './encode-request.js';
import type { TextPart } from './request-message.js';

const sent = (more: object, to: OpenAiTarget = C5) => encode({ ...BASE, ...more }, to).out;

describe('the parameters of a Chat request', () => {
  it('R01: sends a plain request with OpenAI’s names and nothing that was not asked for', () => {
    expect(sent({})).toEqual({
      model: 'gpt-5.2',
      messages: [{ role: 'user', content: 'hi' }],
      max_completion_tokens: 4096,
      reasoning_effort: 'none',
    });
  });

  it('takes a compatible server’s name for the limit and only what such servers know', () => {
    const more = { stream: true, service_tier: 'auto', metadata: { user_id: 'u' } };
    expect(sent(more, target('some-model', 'compat'))).toEqual({
      model: 'some-model',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 4096,
      stream: true,
      stream_options: { include_usage: true },
    });
    const plain = target('some-model', 'compat', { stream_usage: false });
    expect(sent({ stream: true }, plain)).not.toHaveProperty('stream_options');
  });

  it('asks for usage at the end of a stream', () => {
    expect(sent({ stream: true })).toMatchObject({
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    });
    expect(sent({ stream: false })).not.toHaveProperty('stream');
  });

  it('R46: clamps max_tokens to what the model can do, and tells', () => {
    const { out, lossy } = encode({ ...BASE, max_tokens: 1_000_000 }, C5);
    expect(out['max_completion_tokens']).toBe(128_000);
    expect(lossy).toEqual(['lossy:max_tokens']);
    expect(sent({ max_tokens: 1 })['max_completion_tokens']).toBe(1);
    expect(isCachePrewarm({ maxTokens: 0 })).toBe(true);
    expect(isCachePrewarm({ maxTokens: 1 })).toBe(false);
    expect(sent({ max_tokens: 0 })['max_completion_tokens']).toBe(16);
  });

  it('R47: sends sampling parameters only where they are taken', () => {
    const more = { temperature: 0.3, top_p: 0.9, top_k: 40 };
    const reasoning = encode({ ...BASE, ...more }, C5);
    for (const key of Object.keys(more)) expect(reasoning.out).not.toHaveProperty(key);
    expect(reasoning.lossy).toEqual(['lossy:temperature', 'lossy:top_p', 'lossy:top_k']);
    const plain = encode({ ...BASE, ...more }, C4);
    expect(plain.out).toMatchObject({ temperature: 0.3, top_p: 0.9 });
    expect(plain.out).not.toHaveProperty('top_k');
    expect(plain.lossy).toEqual(['lossy:top_k']);
    expect(sent(more, target('m', 'compat', { top_k: true }))).toMatchObject(more);
    expect(encode({ ...BASE, temperature: 1 }, C5).lossy).toEqual([]);
  });

  it('lets the operator’s options win over the client’s', () => {
    const options = { max_tokens: 100, temperature: 0.1, top_p: 0.2, top_k: 3 };
    const to = { ...target('m', 'compat', { top_k: true }), options };
    expect(sent({ temperature: 1, top_p: 1, top_k: 1 }, to)).toMatchObject(options);
  });

  it('R48: leaves stop sequences to the gateway', () => {
    const stop_sequences = ['END', 'ü', '3', '4', '5', '6'];
    const { out, stopSequences } = encode({ ...BASE, stop_sequences }, C4);
    expect(out).not.toHaveProperty('stop');
    expect(out).not.toHaveProperty('stop_sequences');
    expect(stopSequences).toEqual(stop_sequences);
  });

  it('R49: maps thinking and effort', () => {
    const effort = (more: object, to = C5) => sent({ max_tokens: 32_000, ...more }, to)['reasoning_effort'];
    expect(effort({ thinking: { type: 'enabled', budget_tokens: 31_999 } })).toBe('xhigh');
    expect(effort({ thinking: { type: 'enabled', budget_tokens: 8000 } })).toBe('medium');
    expect(effort({ thinking: { type: 'adaptive' } })).toBe('high');
    expect(effort({ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } })).toBe('xhigh');
    expect(effort({ thinking: { type: 'disabled' } })).toBe('none');
    expect(effort({ output_config: { effort: 'low' } })).toBe('low');
    expect(effort({})).toBeUndefined();
    expect(effort({ max_tokens: 4096 })).toBe('none');
    expect(effort({ max_tokens: 4096 }, target('gpt-5-mini'))).toBe('minimal');
    expect(encode({ ...BASE, thinking: { type: 'adaptive' } }, C5).json).not.toContain('thinking');
  });

  it('takes the last effort that a system message of the conversation sets', () => {
    const setting = (effort: string) => ({ ...S('note'), output_config: { effort } });
    const conversation = [
      U(text('a')),
      setting('low'),
      A(text('b')),
      U(text('c')),
      { ...setting('medium'), content: null },
    ];
    expect(sent({ messages: conversation, output_config: { effort: 'high' } })['reasoning_effort']).toBe('medium');
  });

  it('R50: switches reasoning off beside tools where Chat refuses both, and tells', () => {
    const { out, lossy } = encode({ ...BASE, tools: [TOOL], thinking: { type: 'adaptive' } }, C56);
    expect(out['reasoning_effort']).toBe('none');
    expect(lossy).toEqual(['lossy:reasoning']);
    expect(sent({ thinking: { type: 'adaptive' } }, C56)['reasoning_effort']).toBe('high');
    expect(encode({ ...BASE, tools: [TOOL], thinking: { type: 'disabled' } }, C56).lossy).toEqual([]);
    expect(encode({ ...BASE, tools: [TOOL], thinking: { type: 'adaptive' } }, C4).lossy).toEqual(['lossy:reasoning']);
  });

  it('R51: turns the user id into two hashes, one for the conversation, one for the account', () => {
    const session = '0b5a2f7e-6d1c-4e0b-9a77-3a1c5b2d4e6f';
    const underscores = `user_${'a'.repeat(64)}_account__session_${session}`;
    const json = JSON.stringify({ device_id: 'd', account_uuid: 'ü', session_id: session });
    const identity = (user_id: string, to: OpenAiTarget = C5) => {
      const { prompt_cache_key: key, safety_identifier: safety, ...rest } = sent({ metadata: { user_id } }, to);
      expect(rest).not.toHaveProperty('metadata');
      return { key: key as string, safety: safety as string };
    };
    for (const id of [underscores, json, 'plain']) {
      expect(identity(id).key).toMatch(/^[0-9a-f]{64}$/);
      expect(identity(id).safety).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(identity(underscores).key).toBe(identity(json).key);
    expect(identity(underscores.replace(session, 'other')).safety).toBe(identity(underscores).safety);
    expect(identity('plain', { ...C5, session }).key).toBe(identity(json).key);
    expect(sent({}, { ...C5, session })['prompt_cache_key']).toBe(identity(json).key);
    expect(sent({ metadata: { user_id: 'u' } }, DS)).not.toHaveProperty('prompt_cache_key');
  });

  it('R52: passes a schema of the answer on as it is, strict only if it is already', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] };
    const closed = { ...schema, required: ['a', 'b'], additionalProperties: false };
    const format = (value: object, strict: boolean) => ({
      type: 'json_schema',
      json_schema: { name: 'structured_output', schema: value, strict },
    });
    expect(sent({ output_config: { format: { type: 'json_schema', schema } } })['response_format']).toEqual(
      format(schema, false),
    );
    expect(sent({ output_format: { type: 'json_schema', schema: closed } })['response_format']).toEqual(
      format(closed, true),
    );
    const both = {
      output_format: { type: 'json_schema', schema },
      output_config: { format: { type: 'json_schema', schema } },
    };
    expect(refusal({ ...BASE, ...both })).toMatchObject({
      status: 400,
      message: expect.stringContaining('output_format'),
    });
  });

  it('asks in words for a schema that the server cannot hold', () => {
    const { out, lossy } = encode({ ...BASE, output_format: { type: 'json_schema', schema: { type: 'object' } } }, DS);
    expect(out['response_format']).toEqual({ type: 'json_object' });
    expect(out.messages.at(-1)).toEqual({ role: 'system', content: expect.stringContaining('{"type":"object"}') });
    expect(lossy).toEqual(['lossy:output_config.format']);
  });

  it('R53: refuses safeguards by name, unless told to drop them', () => {
    const request = { ...BASE, safeguards: [{ type: 'dangerous_tool_use' }] };
    expect(refusal(request)).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('safeguards'),
    });
    expect(encode(request, { ...C4, switches: { ignoreSafeguards: true } }).json).not.toContain('safeguards');
  });

  it('R54: sends nothing of a field that it does not know, and tells', () => {
    const { json, lossy } = encode({ ...BASE, brand_new_field: 1, output_config: { task_budget: { total: 1 } } }, C4);
    expect(json).not.toContain('brand_new_field');
    expect(lossy).toEqual(['lossy:brand_new_field', 'lossy:output_config.task_budget']);
  });

  it('refuses to continue a thread that the gateway does not have', () => {
    expect(refusal({ ...BASE, thread: { type: 'continue', previous_message_id: 'm' } })).toMatchObject({
      status: 400,
      message: expect.stringContaining('thread_unsupported_request'),
    });
    expect(encode({ ...BASE, thread: { type: 'create' } }, C4).out.messages).toHaveLength(1);
  });

  it('R55: writes the shared part of two turns byte for byte alike', () => {
    const first = [U(text('q'), { ...text('ü'), cache_control: { type: 'ephemeral' } })];
    const history = [
      U(text('q'), text('ü')),
      A(text('a'), call('t1', { b: 1 })),
      S('note'),
      U(result('t1', [text('r')])),
    ];
    const more = { system: [text('S')], tools: [TOOL] };
    const prefix = (conversation: object[]) => encode({ ...BASE, ...more, messages: conversation }, C5).json;
    const shared = (json: string) => json.slice(0, json.indexOf('],"tools"'));
    const turns = [first, history, [...history, A(text('done')), U(text('next'))]].map(prefix);
    expect(shared(turns[1]!).startsWith(shared(turns[0]!))).toBe(true);
    expect(shared(turns[2]!).startsWith(shared(turns[1]!))).toBe(true);
    const tools = (json: string) => /"tools":.*?\}\}\]/.exec(json)?.[0];
    expect(tools(turns[0]!)).toBeDefined();
    expect(tools(turns[2]!)).toBe(tools(turns[0]!));
  });

  it('R56: does without a parameter that the model has refused', () => {
    const table = new CapabilityTable();
    const to = () => ({ model: 'gpt-4.1', capabilities: table.for('gpt-4.1', 'openai') });
    expect(sent({ temperature: 0.3 }, to())).toHaveProperty('temperature', 0.3);
    table.learn('gpt-4.1', { kind: 'drop_parameter', parameter: 'temperature' });
    table.learn('gpt-4.1', { kind: 'drop_parameter', parameter: 'safety_identifier' });
    table.learn('gpt-4.1', { kind: 'rename_parameter', parameter: 'prompt_cache_key', to: 'user' });
    table.learn('gpt-4.1', { kind: 'set_parameter', parameter: 'stream_options.extra', value: 1 });
    const { out, lossy } = encode({ ...BASE, temperature: 0.3, stream: true, metadata: { user_id: 'u' } }, to());
    expect(out).not.toHaveProperty('temperature');
    expect(out).not.toHaveProperty('safety_identifier');
    expect(out).not.toHaveProperty('prompt_cache_key');
    expect(out['user']).toMatch(/^[0-9a-f]{64}$/);
    expect(out['stream_options']).toEqual({ include_usage: true, include_obfuscation: false, extra: 1 });
    expect(lossy).toEqual(['lossy:temperature', 'lossy:safety_identifier']);
  });

  it('translates the service tier, and speed where that is allowed', () => {
    expect(sent({ service_tier: 'auto' })['service_tier']).toBe('auto');
    expect(sent({ service_tier: 'standard_only' })['service_tier']).toBe('default');
    const fast = encode({ ...BASE, speed: 'fast' }, C5);
    expect(fast.out).not.toHaveProperty('service_tier');
    expect(fast.lossy).toEqual(['lossy:speed']);
    expect(sent({ speed: 'fast' }, { ...C5, switches: { fastAsPriority: true } })['service_tier']).toBe('priority');
    expect(encode({ ...BASE, service_tier: 'constructor' }, C5).lossy).toEqual(['lossy:service_tier']);
  });

  it('R06: writes at most four cache breakpoints: the end of the instructions and the last three others', () => {
    const marked = (value: string) => ({ ...text(value), cache_control: { type: 'ephemeral' } });
    const request = {
      ...BASE,
      system: [marked('s1'), marked('s2')],
      messages: [U(marked('u1')), A(marked('a'), call('t1')), U(marked('u2'), marked('u3'), result('t1', 'r'))],
    };
    const { out, json } = encode(request, C56);
    const breakpoint = { mode: 'explicit' };
    const at = (i: number) => out.messages[i]!.content as readonly TextPart[];
    expect(at(0).map((part) => part.prompt_cache_breakpoint)).toEqual([undefined, breakpoint]);
    // The assistant's own mark moves to the text before it.
    expect(at(1)[0]).toEqual({ type: 'text', text: 'u1', prompt_cache_breakpoint: breakpoint });
    expect(at(4).map((part) => part.prompt_cache_breakpoint)).toEqual([breakpoint, breakpoint]);
    expect(json.match(/"prompt_cache_breakpoint"/g)).toHaveLength(4);
    expect(out['prompt_cache_options']).toEqual({ mode: 'explicit' });
    expect(encode(request, C5).json).not.toContain('prompt_cache_breakpoint');
  });

  it('marks tools at the end of the instructions, a tool result in its own text, and the whole request at its end', () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const conversation = [U(text('q')), A(call('t1')), U(result('t1', 'r', mark))];
    const { out } = encode({ ...BASE, system: 'S', tools: [{ ...TOOL, ...mark }], messages: conversation }, C56);
    const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } };
    expect(out.messages[0]!.content).toEqual([{ ...text('S'), ...breakpoint }]);
    expect(out.messages[3]!.content).toEqual([{ ...text('r'), ...breakpoint }]);
    expect(out).not.toHaveProperty('prompt_cache_options');
    expect(encode({ ...BASE, ...mark }, C56).out.messages[0]!.content).toEqual([{ ...text('hi'), ...breakpoint }]);
  });

  it('spends one breakpoint on marks that meet at one text', () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const image = { ...png, ...mark };
    const conversation = [
      U({ ...text('u1'), ...mark }),
      A(text('a')),
      U({ ...text('u2'), ...mark }, image, image, image),
    ];
    const { json } = encode({ ...BASE, messages: conversation }, C56);
    expect(json.match(/"prompt_cache_breakpoint"/g)).toHaveLength(2);
  });

  it('reports the edits of the history that it has made', () => {
    const thinking = { type: 'thinking', thinking: 'x'.repeat(400), signature: 's' };
    const messages = [U(text('a')), A(thinking, text('b')), U(text('c')), A(thinking, text('d')), U(text('e'))];
    const edits = [
      { type: 'clear_thinking_20251015', keep: { type: 'thinking_turns', value: 1 } },
      { type: 'compact_20260112' },
    ];
    const encoded = encode({ ...BASE, messages, context_management: { edits } }, C4);
    expect(encoded.appliedEdits).toEqual([
      { type: 'clear_thinking_20251015', cleared_thinking_turns: 1, cleared_input_tokens: 100 },
    ]);
    expect(encoded.lossy).toContain('lossy:context_management.compact_20260112');
    expect(encode({ ...BASE, context_management: { edits: [] } }, C4).appliedEdits).toEqual([]);
    expect(encode(BASE, C4).appliedEdits).toBeUndefined();
  });

  it('estimates the input', () => {
    expect(encode(BASE, C4).inputEstimate).toBe(5);
    expect(encode({ ...BASE, system: 'x'.repeat(4000) }, C4).inputEstimate).toBe(1005);
  });

  it('refuses a request that is nested deeper than the stack, with a 400', () => {
    const deep = `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const conversation = `[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":${deep}}]}]`;
    expect(() => encode(`{"model":"m","max_tokens":9,"messages":${conversation}}`, C4)).toThrow(
      expect.objectContaining({ status: 400, message: 'The request is nested too deeply' }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonBody } from '../json-body.js';
import { C4, C5, C56, DS, encode, envelope, orderFaults, png, target } from '../testing/chat-request.js';

const string = fc.string({ unit: 'binary', maxLength: 12 });
const id = fc.constantFrom('t1', 't2', 't1_2', 'größe', 'x'.repeat(50), '');
const name = fc.oneof(
  fc.constantFrom('Read', 'a.b', 'y'.repeat(70)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }),
);
const marks = fc.constantFrom({}, { cache_control: { type: 'ephemeral' } });
const value = fc.oneof(string, fc.integer(), fc.boolean(), fc.constant(null), fc.array(string, { maxLength: 2 }));
const json = fc.dictionary(string, value, { maxKeys: 3, noNullPrototype: true });

const block = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.tuple(fc.record(fields), marks).map(([value, mark]) => ({ ...value, ...mark }));
const textBlock = block({ type: fc.constant('text'), text: string });
const image = fc.constant(png);
const document = block({
  type: fc.constant('document'),
  title: fc.option(string),
  context: fc.option(string),
  source: fc.oneof(
    fc.record({ type: fc.constant('text'), data: string }),
    fc.record({ type: fc.constant('base64'), media_type: fc.constant('application/pdf'), data: fc.constant('QUJD') }),
    fc.record({
      type: fc.constant('content'),
      content: fc.oneof(string, fc.array(fc.oneof(textBlock, image), { maxLength: 2 })),
    }),
  ),
});
const search = block({
  type: fc.constant('search_result'),
  source: string,
  title: string,
  content: fc.array(textBlock, { maxLength: 2 }),
});
const reference = block({ type: fc.constant('tool_reference'), tool_name: name });
const unknown = fc.record({ type: string.map((type) => `new_${type}`), text: fc.oneof(string, fc.nat()) });
const content = fc.oneof(
  string,
  fc.array(fc.oneof(textBlock, image, document, search, reference, unknown), { maxLength: 3 }),
);
const toolResult = block({
  type: fc.constant('tool_result'),
  tool_use_id: id,
  content: fc.option(content, { nil: undefined }),
  is_error: fc.boolean(),
});
const toolUse = block({ type: fc.constant('tool_use'), id, name, input: fc.option(json) });
const thinking = fc.tuple(string, fc.boolean()).map(([text, ours]) => ({
  type: 'thinking',
  thinking: text,
  signature: ours ? envelope.sealVisible(text, text) : 'foreign',
}));
const serverUse = fc.record({ type: fc.constant('server_tool_use'), id, name: fc.constant('web_search'), input: json });
const serverResult = fc.record({
  type: fc.constantFrom('web_search_tool_result', 'code_execution_tool_result'),
  tool_use_id: id,
  content: fc.oneof(json, fc.array(fc.record({ url: string, title: string }), { maxLength: 2 })),
});
const compaction = fc.record({ type: fc.constant('compaction'), content: fc.option(string) });

const userBlock = fc.oneof(textBlock, image, document, search, toolResult, unknown);
const assistantBlock = fc.oneof(
  { weight: 4, arbitrary: toolUse },
  { weight: 4, arbitrary: textBlock },
  thinking,
  serverUse,
  serverResult,
  compaction,
  unknown,
);
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.oneof(string, fc.array(userBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant('assistant'), content: fc.oneof(string, fc.array(assistantBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant('system'), content: fc.oneof(string, fc.array(textBlock, { maxLength: 2 })) }),
);
const tool = fc.record(
  {
    name,
    description: string,
    input_schema: fc.constantFrom(
      { type: 'object' },
      { properties: { ü: { type: 'array' } } },
      { anyOf: [{ required: ['ä'] }] },
    ),
    input_examples: fc.array(json, { maxLength: 2 }),
    defer_loading: fc.boolean(),
  },
  { requiredKeys: ['name', 'input_schema'], noNullPrototype: true },
);

const request = fc.record(
  {
    model: fc.constant('claude-x'),
    max_tokens: fc.integer({ min: 0, max: 300_000 }),
    messages: fc.array(message, { maxLength: 7 }).map((list) => [...list, { role: 'user', content: 'ende ü' }]),
    system: fc.oneof(string, fc.array(textBlock, { maxLength: 3 })),
    tools: fc.uniqueArray(tool, { maxLength: 4, selector: (definition) => definition.name }),
    tool_choice: fc.constantFrom({ type: 'auto' }, { type: 'none' }, { type: 'auto', disable_parallel_tool_use: true }),
    thinking: fc.constantFrom({ type: 'adaptive' }, { type: 'enabled', budget_tokens: 5000 }, { type: 'disabled' }),
    stop_sequences: fc.array(
      string.map((stop) => `!${stop}`),
      { maxLength: 2 },
    ),
    metadata: fc.record({ user_id: string }),
    stream: fc.boolean(),
    context_management: fc.constantFrom(
      { edits: [{ type: 'clear_thinking_20251015' }] },
      {
        edits: [
          {
            type: 'clear_tool_uses_20250919',
            trigger: { type: 'tool_uses', value: 1 },
            keep: { type: 'tool_uses', value: 1 },
          },
        ],
      },
    ),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'], noNullPrototype: true },
);

const anyTarget = fc.constantFrom(
  C4,
  C5,
  C56,
  target(DS.model, 'compat', { pdf: true }),
  target('kimi-k2', 'compat', { pdf: true, array_tool_content: true }),
  { ...C4, capabilities: { ...C4.capabilities, systemAnywhere: false } },
);

/** The same JSON with every character beyond ASCII spelt as an escape. */
function escaped(text: string): string {
  return text.replace(/[^\t\n\r -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

describe('encodeChatRequest, for any request', () => {
  it('keeps OpenAI’s rules for messages', () => {
    fc.assert(
      fc.property(request, anyTarget, (value, to) => {
        expect(orderFaults(encode(value, to).out.messages)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('writes the same bytes whether the body is held as latin1 or as ordinary text', () => {
    fc.assert(
      fc.property(request, anyTarget, (value, to) => {
        const plain = JSON.stringify(value);
        const spelt = escaped(plain);
        expect(jsonBody(Buffer.from(plain)).form).toBe('latin1');
        const fromLatin1 = encode(plain, to);
        const fromText = encode(spelt, to);
        expect(fromText.json).toBe(fromLatin1.json);
        expect(fromText.body.equals(fromLatin1.body)).toBe(true);
        expect(fromText.lossy).toEqual(fromLatin1.lossy);
        expect(fromText.prefill).toBe(fromLatin1.prefill);
        expect(fromText.stopSequences).toEqual(fromLatin1.stopSequences);
        expect(fromText.media).toEqual(fromLatin1.media);
      }),
      { numRuns: 500 },
    );
  });

  it('writes the same bytes every time', () => {
    fc.assert(
      fc.property(request, anyTarget, (value, to) => {
        expect(encode(value, to).json).toBe(encode(value, to).json);
      }),
    );
  });

  it('calls no tool by a name that the answer could not be led back from', () => {
    fc.assert(
      fc.property(request, anyTarget, (value, to) => {
        const { out, toolNames } = encode(value, to);
        const known = new Set((value.tools ?? []).map((definition) => definition.name));
        for (const { function: definition } of out.tools ?? []) {
          expect(known).toContain(toolNames.client(definition['name'] as string));
        }
      }),
    );
  });
});

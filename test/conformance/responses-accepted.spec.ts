import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CapabilityTable,
  decodeAnthropicRequest,
  encodeResponsesRequest,
  jsonBody,
  ReasoningEnvelope,
  sealReasoningItem,
} from '#libs/llm';
import { ReasoningSeals } from '../../apps/simulated-openai/src/responses/reasoning-seals.js';
import { validateResponsesRequest } from '../../apps/simulated-openai/src/responses/responses-validation.js';
import { image, pdf, TOOL } from './support/requests.js';

const envelope = new ReasoningEnvelope('a secret of the tests');
const seals = new ReasoningSeals();
const table = new CapabilityTable();
const ORIGIN = { origin: 'account', model: 'gpt-5.6' };

const words = fc.string({ unit: 'binary', maxLength: 8 });
const id = fc.constantFrom('t1', 't2', 't3', 'größe', 'x'.repeat(70), '');
const name = fc.constantFrom('Read', 'Big', 'srv.get:item', 'y'.repeat(80));
const mark = fc.constantFrom({}, { cache_control: { type: 'ephemeral' } });
const marked = (block: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.tuple(block, mark).map(([value, more]) => ({ ...value, ...more }));

const text = marked(words.map((value) => ({ type: 'text', text: value })));
const media = fc.constantFrom(image(), pdf());
const reference = name.map((tool_name) => ({ type: 'tool_reference', tool_name }));
const content = fc.oneof(words, fc.array(fc.oneof(text, media, reference), { maxLength: 3 }), fc.constant(undefined));
const result = marked(
  fc
    .tuple(id, content, fc.boolean())
    .map(([tool_use_id, value, is_error]) => ({ type: 'tool_result', tool_use_id, content: value, is_error })),
);
const call = marked(
  fc.tuple(id, name, fc.dictionary(words, words, { maxKeys: 2 })).map(([use, tool, input]) => ({
    type: 'tool_use',
    id: use,
    name: tool,
    input,
  })),
);
const thinking = fc.tuple(fc.nat(5), fc.array(words, { maxLength: 2 }), fc.boolean()).map(([n, summary, ours]) => {
  const item = { id: `rs_${n}`, encrypted: `E${n}`, summary, phase: undefined };
  seals.trust(item.id, item.encrypted);
  const shown = summary.join('\n\n');
  return {
    type: 'thinking',
    thinking: shown,
    signature: ours ? sealReasoningItem(envelope, item, ORIGIN, shown) : 'sig',
  };
});
const search = fc.constant({ type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'q' } });

const message = fc.oneof(
  fc.record({
    role: fc.constant('user'),
    content: fc.oneof(words, fc.array(fc.oneof(text, media, result), { maxLength: 4 })),
  }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.oneof(words, fc.array(fc.oneof(text, call, thinking, search), { maxLength: 5 })),
  }),
  fc.record({ role: fc.constant('system'), content: fc.oneof(words, fc.array(text, { maxLength: 2 })) }),
);

const request = fc.record({
  model: fc.constant('claude-x'),
  max_tokens: fc.integer({ min: 1, max: 200_000 }),
  stream: fc.boolean(),
  system: fc.oneof(words, fc.array(text, { maxLength: 4 })),
  // The last word is the user's, so that there always is something to answer.
  messages: fc
    .array(message, { maxLength: 8 })
    .map((messages) => [...messages, { role: 'user', content: [{ type: 'text', text: 'go on' }] }]),
  tools: fc.constantFrom(
    [],
    [TOOL],
    [TOOL, { ...TOOL, name: 'Big', defer_loading: true }, { ...TOOL, name: 'y'.repeat(80) }],
    [TOOL, { type: 'web_search_20250305', name: 'web_search', blocked_domains: ['b.org'] }],
  ),
  thinking: fc.constantFrom({ type: 'adaptive' }, { type: 'disabled' }, { type: 'enabled', budget_tokens: 4000 }),
  temperature: fc.constantFrom(1, 0.5),
  metadata: fc.constant({ user_id: 'u' }),
});

describe('any conversation', () => {
  it.each(['gpt-5.6', 'gpt-5.4', 'gpt-5.2', 'gpt-5', 'gpt-4.1', 'o3'])(
    'R26 R55 becomes a request that the strict upstream takes, always the same: %s',
    (model) => {
      fc.assert(
        fc.property(request, (body) => {
          const encode = (): Buffer =>
            encodeResponsesRequest(decodeAnthropicRequest(jsonBody(Buffer.from(JSON.stringify(body)))), {
              model,
              capabilities: table.for(model, 'openai'),
              envelope,
              origin: 'account',
            }).body;
          const sent = encode();
          validateResponsesRequest(JSON.parse(sent.toString()), seals);
          expect(encode().equals(sent)).toBe(true);
        }),
        { numRuns: 150 },
      );
    },
  );
});

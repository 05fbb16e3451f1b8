import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeAnthropicMessage } from '../anthropic/encode-message.js';
import { faults } from '../testing/anthropic-stream.js';
import { bare, openAi, python, toolArgs, toolStart } from '../testing/chat-upstream.js';
import { answer, cut, play, scripts, type Script, type Step } from '../testing/scripts.js';
import { sdkMessage } from '../testing/sdk-message.js';
import { COUNTED, ERRORS, OPTIONS, translate } from '../testing/translate.js';
import { decodeChatMessage } from './decode-message.js';

const servers = fc.constantFrom(bare, openAi, python);
const lineEnds = fc.constantFrom('\n', '\r\n', '\r');

describe('any stream of a chat upstream', () => {
  it('T20 T37 gives a stream of Anthropic’s grammar, the same for every cut of the bytes', () => {
    fc.assert(
      fc.property(
        scripts,
        servers,
        lineEnds,
        fc.array(fc.nat(), { maxLength: 20 }),
        (script, server, lineEnd, cuts) => {
          const bytes = play(script, server).join('').replaceAll('\n', lineEnd);
          const whole = translate([bytes]).out;
          expect(faults(whole)).toEqual([]);
          expect(translate(cut(bytes, cuts)).out).toBe(whole);
          expect(translate(bytes.split('')).out).toBe(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('T37 is put together by the SDK to what the upstream said', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, servers, async (script, server) => {
        const message = await sdkMessage(translate(play(script, server)).out);
        const textOf = (type: string, key: string): string =>
          message.content
            .map((block) => (block.type === type ? (block as unknown as Record<string, string>)[key] : ''))
            .join('');
        expect(textOf('text', 'text')).toBe(said(script, 'text'));
        expect(textOf('thinking', 'thinking')).toBe(said(script, 'reasoning'));
        const calls = script.steps.flatMap((step) => (step.kind === 'calls' ? step.calls : []));
        expect(
          message.content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input]] : [])),
        ).toEqual(calls.map(({ name, pieces }) => [name, JSON.parse(pieces.join(''))]));
      }),
      { numRuns: 60 },
    );
  });

  it('T37 equals the translation of the same answer without streaming', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, servers, async (unordered, server) => {
        // Without streaming the order of thinking, text and calls is lost.
        const script = { ...unordered, steps: inOrder(unordered.steps) };
        const streamed = await sdkMessage(translate(play(script, server)).out);
        const decoded = decodeChatMessage(answer(script), { errors: ERRORS });
        const { body } = encodeAnthropicMessage(decoded, decoded.usage ?? COUNTED, OPTIONS);
        const whole = JSON.parse(body.toString()) as typeof streamed;
        // The SDK takes these from `message_start` alone, when they are not yet known.
        const { cache_creation: _, service_tier: __, ...usage } = whole.usage;
        expect(streamed).toMatchObject({ ...whole, usage });
        expect(Object.keys(streamed).filter((key) => !(key in whole))).toEqual(['parsed_output']);
      }),
      { numRuns: 60 },
    );
  });

  it('is read the same with and without the shortcut for repeated shapes, whatever the bytes', () => {
    const deltas = fc.oneof(
      fc.string().map((content) => ({ content })),
      fc.constantFrom({ content: 'a\\u00e9"' }, { reasoning_content: 'r' }, {}, { role: 'assistant', content: 'x' }),
      fc.constantFrom(toolStart(0, 'c', 'A'), toolArgs(0, '{"a'), toolArgs(0, '":1}'), toolStart(0, 'd', 'B', '{}')),
    );
    const event = fc.tuple(deltas, servers).map(([delta, server]) => server.chunk(delta));
    const change = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.constantFrom(
        '',
        '"',
        '\\',
        '{',
        '}',
        ',',
        '\n',
        'x',
        '\\u12',
        ':1',
        '"error":{},',
        '"usage":{"prompt_tokens":3},',
      ),
    });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 2, maxLength: 6 }),
        fc.array(change, { maxLength: 3 }),
        (events, changes) => {
          let bytes = events.map((one) => ascii(one)).join('');
          for (const { at, remove, insert } of changes) {
            const place = at % bytes.length;
            bytes = bytes.slice(0, place) + insert + bytes.slice(place + remove);
          }
          // Read byte by byte no event is ever seen whole, so none is skimmed.
          expect(translate([bytes]).out).toBe(translate(bytes.split('')).out);
        },
      ),
      { numRuns: 800 },
    );
  });
});

function said({ steps }: Script, kind: 'text' | 'reasoning'): string {
  return steps.flatMap((step) => (step.kind === kind ? step.pieces : [])).join('');
}

function ascii(text: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return text.replace(/[^\u0000-\u007f]/g, '?');
}

function inOrder(steps: readonly Step[]): Step[] {
  const order: Step['kind'][] = ['nothing', 'reasoning', 'text', 'calls'];
  return steps.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

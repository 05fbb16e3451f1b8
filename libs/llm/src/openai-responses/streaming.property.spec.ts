import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeAnthropicMessage } from '../anthropic/encode-message.js';
import { faults } from '../testing/anthropic-stream.js';
import { fuzzResponses } from '../testing/responses-fuzz.js';
import {
  OPENAI_STYLE,
  responseEvents,
  responseOf,
  responseScripts,
  responseStream,
  styles,
  type ResponseScript,
} from '../testing/responses-upstream.js';
import { sdkMessage } from '../testing/sdk-message.js';
import { cut } from '../testing/scripts.js';
import { COUNTED, ERRORS, OPTIONS, translateResponses } from '../testing/translate.js';
import { decodeResponsesMessage } from './decode-message.js';

const lineEnds = fc.constantFrom('\n', '\r\n', '\r');

describe('any stream of the Responses API', () => {
  it('T20 T37 gives a stream of Anthropic’s grammar, the same for every cut of the bytes', () => {
    fc.assert(
      fc.property(
        responseScripts,
        styles,
        fc.boolean(),
        lineEnds,
        fc.array(fc.nat(), { maxLength: 20 }),
        (script, style, onlySearch, lineEnd, cuts) => {
          const bytes = responseStream(responseEvents(script, style), style.noise).replaceAll('\n', lineEnd);
          const whole = translateResponses([bytes], { onlySearch }).out;
          expect(faults(whole)).toEqual([]);
          expect(translateResponses(cut(bytes, cuts), { onlySearch }).out).toBe(whole);
          expect(translateResponses(bytes.split(''), { onlySearch }).out).toBe(whole);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('T24 T25 T26 T37 equals the answer without streaming, whatever a server leaves out', async () => {
    await fc.assert(
      fc.asyncProperty(responseScripts, styles, async (given, style) => {
        // Told only when the message is done, the phase comes too late for the reasoning in front of it.
        const script = style.added ? given : withoutPhases(given);
        const bytes = responseStream(responseEvents(script, style));
        const streamed = await sdkMessage(translateResponses([bytes], { onlySearch: true }).out);
        const decoded = decodeResponsesMessage(responseOf(script), { errors: ERRORS });
        const { body } = encodeAnthropicMessage(decoded, decoded.usage ?? COUNTED, OPTIONS);
        const whole = JSON.parse(body.toString()) as typeof streamed;
        // The SDK takes these from `message_start` alone, when they are not yet known.
        const { cache_creation: _, service_tier: __, ...usage } = whole.usage;
        expect(streamed).toMatchObject({ ...whole, usage, content: expect.anything() as object });
        expect(withoutEmptyThinking(streamed.content)).toEqual(withoutEmptyThinking(whole.content));
      }),
      { numRuns: 200 },
    );
  });

  it('T32 that breaks off ends in an error, never in a finished message', () => {
    fc.assert(
      fc.property(responseScripts, styles, fc.nat(), (script, style, at) => {
        const events = responseEvents(script, style);
        const bytes = responseStream(events);
        const end = bytes.length - responseStream(events.slice(-1)).length;
        const { out, encoder } = translateResponses([bytes.slice(0, at % end)]);
        expect(encoder.failure?.type).toBe('api_error');
        if (out !== '') expect(faults(out)).toEqual([]);
        expect(out).not.toContain('message_stop');
      }),
      { numRuns: 200 },
    );
  });

  it('T32 T37 is a stream that the SDK accepts or an error, cut anywhere: 2,000 of them', () => fuzzResponses(2000));

  it('is read the same with and without the shortcut for repeated shapes, whatever the bytes', () => {
    const change = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.constantFrom('', '"', '\\', '{', '}', ',', '\n', 'x', '\\u12', ':1', '"type":"error",', '7'),
    });
    fc.assert(
      fc.property(responseScripts, fc.array(change, { maxLength: 3 }), (script, changes) => {
        let bytes = ascii(responseStream(responseEvents(script, OPENAI_STYLE)));
        for (const { at, remove, insert } of changes) {
          const place = at % bytes.length;
          bytes = bytes.slice(0, place) + insert + bytes.slice(place + remove);
        }
        // Read byte by byte no event is ever seen whole, so none is skimmed.
        expect(translateResponses([bytes]).out).toBe(translateResponses(bytes.split('')).out);
      }),
      { numRuns: 400 },
    );
  });
});

function withoutPhases({ items, ...script }: ResponseScript): ResponseScript {
  return { ...script, items: items.map((item) => (item.kind === 'message' ? { ...item, phase: undefined } : item)) };
}

/** A stream opens a thinking block as soon as the model thinks; one that stays empty and has nothing to give back says nothing. */
function withoutEmptyThinking(content: readonly { readonly type: string }[]): unknown[] {
  return content.filter(
    (block) => !(block.type === 'thinking' && (block as { signature?: string }).signature === 'sealed:0'),
  );
}

function ascii(text: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return text.replace(/[^\u0000-\u007f]/g, '?');
}

import * as fc from 'fast-check';
import { faults, readEvents } from './anthropic-stream.js';
import { responseEvents, responseScripts, responseStream, styles } from './responses-upstream.js';
import { cut } from './scripts.js';
import { sdkMessage } from './sdk-message.js';
import { translateResponses } from './translate.js';

/**
 * Plays any stream of the Responses API, in any style of server, broken off at any place or not at all and cut into any reads.
 * What the client gets is a stream that keeps the grammar and that the official SDK puts together, or one that ends in an
 * error, or, with nothing written, an error that has its own HTTP status.
 *
 * @throws Error with the stream that broke the rule, made as small as possible, and the seed that finds it again.
 */
export async function fuzzResponses(streams: number, seed?: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      responseScripts,
      styles,
      fc.boolean(),
      fc.option(fc.nat(), { nil: undefined }),
      fc.array(fc.nat(), { maxLength: 8 }),
      async (script, style, onlySearch, end, cuts) => {
        const whole = responseStream(responseEvents(script, style), style.noise);
        const bytes = end === undefined ? whole : whole.slice(0, end % whole.length);
        const { out, encoder } = translateResponses(cut(bytes, cuts), { onlySearch });
        if (out === '') {
          if (encoder.failure === undefined) throw new Error('neither a stream nor an error');
          return;
        }
        const found = faults(out);
        if (found.length > 0) throw new Error(found.join('; '));
        const isBroken = readEvents(out).at(-1)?.type === 'error';
        if (isBroken !== (encoder.failure !== undefined)) throw new Error('an error that is not told');
        if (!isBroken) await sdkMessage(out);
      },
    ),
    { numRuns: streams, ...(seed !== undefined && { seed }) },
  );
}

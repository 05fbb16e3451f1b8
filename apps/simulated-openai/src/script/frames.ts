import type { JsonObject } from '../validation/checks.js';
import { cut, turn, type Step } from './gate.js';

/**
 * Frames of scripted event streams. Chat chunks have just the keys that matter, so that a test can say exactly what
 * arrives: `sse([chunk({ content: 'He' }), chunk({ content: 'llo' }), fin('stop'), use(5, 2), DONE])`.
 */

/** `data: <json>` and the blank line that ends the event. */
export const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

/** A chunk of choice 0 with this delta. */
export const chunk = (delta: JsonObject): string => data({ choices: [{ index: 0, delta, finish_reason: null }] });

/** The chunk that tells why choice 0 ended. */
export const fin = (reason: string): string => data({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });

export interface UsageDetails {
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** The `usage` object of a chat completion; details only where given. */
export function usage(promptTokens: number, completionTokens: number, details: UsageDetails = {}): JsonObject {
  const { cached, cacheWrite, reasoning } = details;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...((cached ?? cacheWrite) !== undefined && {
      prompt_tokens_details: {
        cached_tokens: cached ?? 0,
        ...(cacheWrite !== undefined && { cache_write_tokens: cacheWrite }),
      },
    }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

/** The usage chunk: no choices. */
export const use = (promptTokens: number, completionTokens: number, details: UsageDetails = {}): string =>
  data({ choices: [], usage: usage(promptTokens, completionTokens, details) });

/** A piece of a tool call: `toolDelta(0, { id: 'call_1', name: 'Read' })`, `toolDelta(0, { args: '{"p":' })`. */
export function toolDelta(
  index: number,
  { id, name, args }: { readonly id?: string; readonly name?: string; readonly args?: unknown },
): string {
  return chunk({
    tool_calls: [
      {
        index,
        ...(id !== undefined && { id, type: 'function' }),
        function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
      },
    ],
  });
}

/** An error in the middle of a stream. */
export const errorFrame = (error: JsonObject): string => data({ error });

/** The end of a chat stream. */
export const DONE = 'data: [DONE]\n\n';

/** A comment line, as servers send to keep a connection alive. */
export const comment = (text: string): string => `: ${text}\n\n`;

/** Events of the Responses API: `event:` and `data:` lines with a running `sequence_number` where none is given. */
export const events = (list: readonly JsonObject[]): readonly string[] =>
  list.map((event, sequence) => {
    const numbered = 'sequence_number' in event ? event : { ...event, sequence_number: sequence };
    return `event: ${String(event['type'])}\ndata: ${JSON.stringify(numbered)}\n\n`;
  });

/** Exactly these bytes, cut at these offsets; each piece leaves in a packet of its own. */
export function bytes(content: Buffer | string, cuts: readonly number[] = []): readonly Step[] {
  const buffer = Buffer.from(content);
  const bounds = [0, ...cuts, buffer.length];
  return bounds.slice(1).flatMap((end, index) => [buffer.subarray(bounds[index], end), turn]);
}

/** The steps up to `limit` bytes of body, then the connection is cut. */
export function* cutAfter(limit: number, steps: Iterable<Step>): Generator<Step> {
  let left = limit;
  for (const step of steps) {
    if (typeof step !== 'string' && !Buffer.isBuffer(step)) {
      yield step;
      continue;
    }
    const piece = Buffer.from(step);
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) break;
  }
  yield cut;
}

import type { JsonRecord } from '../json.js';

/** Writes the stream of a Chat Completions server: one string per event, one char per byte. */
export interface ChatUpstream {
  chunk(delta: unknown, rest?: JsonRecord): string;
  /** A chunk with a finish reason. */
  fin(reason: string, delta?: unknown): string;
  /** The chunk of usage at the end. */
  use(prompt: number, completion: number, rest?: JsonRecord): string;
  /** Any object as an event. */
  data(value: unknown): string;
  readonly done: string;
}

/** As bare as a server may be. */
export const bare = upstream({}, {}, (value) => JSON.stringify(value));

/** As OpenAI writes it. */
export const openAi = upstream(
  {
    id: 'chatcmpl-BtL8XBwJZ',
    object: 'chat.completion.chunk',
    created: 1_763_900_000,
    model: 'gpt-4.1-2025-04-14',
    service_tier: 'default',
    system_fingerprint: 'fp_51e1070cf2',
  },
  { logprobs: null },
  (value) => JSON.stringify(value),
  { usage: null, obfuscation: 'aZ09' },
);

/** As a Python server writes it: spaces after separators, everything beyond ASCII escaped. */
export const python = upstream({ id: 'cmpl-7', model: 'deepseek-chat' }, {}, (value) =>
  JSON.stringify(value, undefined, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
);

function upstream(
  head: JsonRecord,
  choiceTail: JsonRecord,
  write: (value: unknown) => string,
  tail: JsonRecord = {},
): ChatUpstream {
  const data = (value: unknown): string => `data: ${Buffer.from(write(value)).toString('latin1')}\n\n`;
  const choice = (delta: unknown, finish: string | null): JsonRecord => ({
    index: 0,
    delta,
    ...choiceTail,
    finish_reason: finish,
  });
  return {
    data,
    chunk: (delta, rest = {}) => data({ ...head, choices: [choice(delta, null)], ...tail, ...rest }),
    fin: (reason, delta = {}) => data({ ...head, choices: [choice(delta, reason)], ...tail }),
    use: (prompt, completion, rest = {}) =>
      data({
        ...head,
        choices: [],
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...rest },
      }),
    done: 'data: [DONE]\n\n',
  };
}

/** A delta that opens a tool call. */
export function toolStart(index: number, id: string, name: string, args = ''): JsonRecord {
  return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] };
}

/** A delta with a piece of a call's arguments. */
export function toolArgs(index: number, args: unknown): JsonRecord {
  return { tool_calls: [{ index, function: { arguments: args } }] };
}

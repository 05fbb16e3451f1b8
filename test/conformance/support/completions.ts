import { json, type HttpReply } from '../../../apps/simulated-openai/src/index.js';
import type { Fields } from './requests.js';

/** A whole chat completion with just what matters: the message, why it ended, and the usage. */
export const completion = (
  message: Fields,
  finish: string | null = 'stop',
  usage: Fields | null = use(10, 2),
): HttpReply =>
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_763_900_000,
    model: 'gpt-4.1-2025-04-14',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish }],
    ...(usage && { usage }),
  });

export const use = (prompt: number, output: number, more: Fields = {}): Fields => ({
  prompt_tokens: prompt,
  completion_tokens: output,
  total_tokens: prompt + output,
  ...more,
});

/** A chunk of a chat stream, as far as it matters here. */
interface Chunk {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: {
      readonly content?: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly Piece[];
    };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Fields;
}

interface Piece {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments?: string | object };
}

/** What the same upstream would answer in one piece: the frames of a stream put together. */
export function assembled(frames: readonly string[]): HttpReply {
  const chunks = chunksOf(frames);
  const choices = chunks.flatMap((chunk) => chunk.choices).filter(({ index }) => index === 0);
  const joined = (field: 'content' | 'reasoning_content'): string =>
    choices.map(({ delta }) => delta[field] ?? '').join('');
  const calls = callsOf(choices.flatMap(({ delta }) => delta.tool_calls ?? []));
  const reasoning = joined('reasoning_content');
  return completion(
    {
      content: joined('content'),
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    choices.map((choice) => choice.finish_reason).find((reason) => typeof reason === 'string'),
    chunks.findLast((chunk) => chunk.usage)?.usage ?? null,
  );
}

const chunksOf = (frames: readonly string[]): Chunk[] =>
  [...frames.join('').matchAll(/^data: ?(\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json) as Chunk);

/** An index that comes with another id is another call. */
function callsOf(pieces: readonly Piece[]): object[] {
  const calls: { index: number; id: string; name: string; args: string }[] = [];
  for (const { index, id, function: fn } of pieces) {
    let call = calls.findLast((one) => one.index === index);
    if (!call || (id !== undefined && id !== call.id)) calls.push((call = { index, id: id ?? '', name: '', args: '' }));
    call.name += fn.name ?? '';
    call.args += typeof fn.arguments === 'object' ? JSON.stringify(fn.arguments) : (fn.arguments ?? '');
  }
  return calls.map(({ id, name, args }) => ({ id, type: 'function', function: { name, arguments: args } }));
}

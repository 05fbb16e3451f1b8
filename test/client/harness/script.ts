import {
  apiError,
  bytes,
  chunk,
  cut,
  DONE,
  errorFrame,
  events,
  fin,
  ladderOf,
  reset,
  sleep,
  sse,
  text as words,
  toolCalls,
  toolDelta,
  use,
  type ModelReply,
  type RecordedRequest,
  type ReplyOptions,
  type ReplyScript,
  type ScriptedUsage,
  type Step,
} from '../../../apps/simulated-openai/src/index.js';

import { chatView } from './items.js';

export {
  gate,
  html,
  reasoning,
  refusal,
  reply,
  sleep,
  text,
  textPart,
  webSearch,
} from '../../../apps/simulated-openai/src/index.js';
export type { ReplyScript } from '../../../apps/simulated-openai/src/index.js';

/** What the suites look at in a chat completion request, or in one of the Responses API as `chatView` shows it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[];
  readonly stream?: boolean;
  readonly max_completion_tokens?: number;
  readonly reasoning_effort?: string;
}

export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
  readonly tool_call_id?: string;
  readonly reasoning_content?: string;
}

export interface ChatTool {
  readonly type: string;
  readonly function: { readonly name: string; readonly description?: string };
}

/** What the model says to one turn: one reply for each time it is asked, the last one for all later times. */
export type Turn = ReplyScript | readonly ReplyScript[] | ((request: ChatRequest) => ReplyScript);

/** A conversation is known by a text that a user message of it holds. */
export interface Conversation {
  readonly marker: string;
  readonly turns: readonly Turn[];
}

/** The model calls a tool. */
export function call(
  name: string,
  args: object | string,
  options: ReplyOptions & { readonly say?: string } = {},
): ModelReply {
  return calls([[name, args]], options);
}

/** The model calls several tools in one turn. */
export function calls(
  list: readonly (readonly [name: string, args: object | string])[],
  options: ReplyOptions & { readonly say?: string } = {},
): ModelReply {
  return toolCalls(
    list.map(([name, args]) => ({ name, args: typeof args === 'string' ? args : inShreds(JSON.stringify(args)) })),
    options,
  );
}

/** Two calls whose pieces come in turns, as some compatible servers send them. */
export function interleavedCalls(list: readonly (readonly [name: string, args: object])[]): ReplyScript {
  const shreds = list.map(([, args]) => inShreds(JSON.stringify(args)));
  const longest = Math.max(...shreds.map(({ length }) => length));
  return sse([
    ...list.map(([name], index) => toolDelta(index, { id: `call_interleaved_${index}`, name, args: '' })),
    ...Array.from({ length: longest }, (_, at) =>
      shreds.flatMap((pieces, index) => (at < pieces.length ? [toolDelta(index, { args: pieces[at] })] : [])),
    ).flat(),
    fin('tool_calls'),
    use(900, 60),
    DONE,
  ]);
}

/** A text whose stream arrives byte by byte, each in a packet of its own. */
export function byteByByte(content: string): ReplyScript {
  const frames = [...inShreds(content).map((piece) => chunk({ content: piece })), fin('stop')].join('');
  const cuts = Array.from({ length: Buffer.byteLength(frames) - 1 }, (_, index) => index + 1);
  return sse([...bytes(frames, cuts), use(900, 60), DONE]);
}

/** A text whose stream has the line ends of another world. */
export function withCrlf(content: string): ReplyScript {
  const frames = [...inShreds(content).map((piece) => chunk({ content: piece })), fin('stop'), use(900, 60), DONE];
  return sse(frames.map((frame) => frame.replaceAll('\n', '\r\n')));
}

const ENDS = {
  cut,
  reset,
  error: errorFrame({
    message: 'The server had an error while processing your request.',
    type: 'server_error',
    param: null,
    code: null,
  }),
};

/** A stream that ends after these deltas: cut off, reset, or with an error event. */
export function brokenOff(how: keyof typeof ENDS, ...frames: readonly Step[]): ReplyScript {
  return sse([...frames, ENDS[how]]);
}

/** A text of the Responses API whose stream is cut off before its end. */
export function brokenResponse(content: string): ReplyScript {
  const begun = ladderOf(words(content)).filter(({ type }) => !/done|completed/.test(String(type)));
  return sse([...events(begun), sleep(300), cut]);
}

export { chunk, toolDelta };

/** An error of the API. */
export function failure(
  status: number,
  error: { readonly message: string; readonly type?: string; readonly param?: string; readonly code?: string },
  headers: Readonly<Record<string, string>> = {},
): ReplyScript {
  return apiError(status, error, { headers });
}

/** Tokens to bill for one reply. */
export function billed(usage: ScriptedUsage): ReplyOptions {
  return { usage };
}

/**
 * Answers by what a request holds. The turn is the number of assistant messages so far, so that a repeated request
 * (a retry, the client's fallback without a stream) meets the same turn. A request of no conversation, such as a title
 * or a warm-up, gets `side`.
 */
export class Script {
  /** What went wrong in a turn made by a function. */
  fault: unknown;
  readonly #asked = new Map<string, number>();

  constructor(
    private readonly conversations: readonly Conversation[],
    private readonly side: ReplyScript,
  ) {}

  /** A rule for the simulation. */
  readonly rule = (request: RecordedRequest): ReplyScript | undefined => {
    // Counting is not a model's affair.
    if (request.path.endsWith('/input_tokens')) return undefined;
    try {
      return this.#reply(chatView(request.body));
    } catch (error) {
      this.fault ??= error;
      return failure(400, { message: `The script failed: ${String(error)}` });
    }
  };

  /** The conversation that a request belongs to; requests without tools belong to none. */
  of(request: ChatRequest): Conversation | undefined {
    if (request.tools === undefined) return undefined;
    const said = userText(request);
    return this.conversations.find(({ marker }) => said.includes(marker));
  }

  #reply(request: ChatRequest): ReplyScript {
    const conversation = this.of(request);
    if (conversation === undefined) return this.side;
    const index = request.messages.filter(({ role }) => role === 'assistant').length;
    const turn = conversation.turns[Math.min(index, conversation.turns.length - 1)];
    if (turn === undefined) throw new Error(`"${conversation.marker}" has no turns`);
    if (typeof turn === 'function') return turn(request);
    if (!isList(turn)) return turn;
    const key = `${index} ${conversation.marker}`;
    const attempt = this.#asked.get(key) ?? 0;
    this.#asked.set(key, attempt + 1);
    const reply = turn[Math.min(attempt, turn.length - 1)];
    if (reply === undefined) throw new Error(`turn ${index} of "${conversation.marker}" is empty`);
    return reply;
  }
}

/** All that users said in a request, as one text. */
export function userText(request: ChatRequest): string {
  return request.messages.flatMap((message) => (message.role === 'user' ? [textOf(message)] : [])).join('\n');
}

/** Text of a message, its parts joined by line breaks. */
export function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}

/** Texts of the tool messages of a request, in order. */
export function toolResults(request: ChatRequest | undefined): string[] {
  return (request?.messages ?? []).flatMap((message) => (message.role === 'tool' ? [textOf(message)] : []));
}

/** Names of the functions that a request offers. */
export function toolNames(request: ChatRequest | undefined): string[] {
  return (request?.tools ?? []).map((tool) => tool.function.name);
}

/** Pieces of at most seven characters, as a model's tokens. */
function inShreds(content: string): string[] {
  return content.match(/.{1,7}/gsu) ?? [];
}

function isList(turn: ReplyScript | readonly ReplyScript[]): turn is readonly ReplyScript[] {
  return Array.isArray(turn);
}

import type { JsonObject } from '../validation/checks.js';
import type { Gate, Pause, Step } from './gate.js';

/** What a test or a rule wants as the answer to one request. */
export type ReplyScript = ModelReply | HttpReply | NoReply;

export interface TransportOptions {
  /** Added to, or replacing, the usual headers. Lower-case names; an empty value removes a usual header. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Compresses the body, each write flushed by itself. */
  readonly encoding?: 'gzip' | 'br' | 'deflate';
  /** Nothing is sent, not even the head, until this gate opens. */
  readonly after?: Gate;
}

/** Bytes as scripted, without the simulation's own ideas of an answer. */
export interface HttpReply extends TransportOptions {
  readonly kind: 'http';
  readonly status: number;
  readonly contentType: string;
  /** A string or buffer goes out whole, with its length; steps go out one by one. */
  readonly body: string | Buffer | Iterable<Step>;
}

/** The request is read and never answered. */
export interface NoReply {
  readonly kind: 'none';
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** What a model says; the endpoint asked renders it as one JSON body or as a stream, with all the fields of the real API. */
export interface ModelReply extends TransportOptions {
  readonly kind: 'model';
  /** In the order in which the model produces them. */
  readonly output: readonly OutputPart[];
  /** Default: what the output suggests. */
  readonly finish?: FinishReason;
  /** Tokens to report. Default: a count of the request and the output. `null` reports none. */
  readonly usage?: ScriptedUsage | null;
  /** The model named in the reply. Default: the snapshot of the one asked for. */
  readonly model?: string;
  /** Milliseconds between two pieces of a stream. */
  readonly paceMs?: number;
}

/** Text in the pieces in which a stream sends it; gates and sleeps stand between pieces. */
export type Pieces = readonly (string | Pause)[];

export type OutputPart =
  | ReasoningPart
  | { readonly type: 'text'; readonly pieces: Pieces; readonly citations?: readonly Citation[] }
  | { readonly type: 'refusal'; readonly pieces: Pieces }
  | { readonly type: 'toolCall'; readonly id: string | undefined; readonly name: string; readonly pieces: Pieces }
  | { readonly type: 'webSearch'; readonly query: string; readonly sources: readonly string[] };

export interface ReasoningPart extends ReasoningOptions {
  readonly type: 'reasoning';
  /** Shown by the Responses API and by servers with `reasoning_content`; chat completions of OpenAI keep it to themselves. */
  readonly summary: readonly Pieces[];
}

export interface ReasoningOptions {
  /** `rs_…` of the Responses API. Default: a fresh one. */
  readonly id?: string;
  /** The ciphertext of the Responses API. Default: sealed by the simulation. `null`: none. */
  readonly encrypted?: string | null;
  /** Hidden tokens. Default: a count of the summary. */
  readonly tokens?: number;
}

export interface Citation {
  readonly url: string;
  readonly title: string;
  readonly start: number;
  readonly end: number;
}

export interface ScriptedUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

export type ReplyOptions = Omit<ModelReply, 'kind' | 'output'>;

/** Any mixture of outputs: `reply([reasoning('think'), { type: 'text', … }], { finish: 'length' })`. */
export const reply = (output: readonly OutputPart[], options: ReplyOptions = {}): ModelReply => ({
  kind: 'model',
  output,
  ...options,
});

/** The model says this. An array gives the pieces of the stream; a string is cut at its words. */
export const text = (content: string | Pieces, options: ReplyOptions = {}): ModelReply =>
  reply([textPart(content)], options);

export interface ScriptedCall {
  readonly name: string;
  /** An object, or raw text for arguments that are no JSON. An array gives the pieces of the stream. */
  readonly args: JsonObject | string | Pieces;
  /** Default: a fresh `call_…`. */
  readonly id?: string;
}

/** The model calls tools; `say` is what it says before. */
export const toolCalls = (
  calls: readonly ScriptedCall[],
  { say, ...options }: ReplyOptions & { readonly say?: string | Pieces } = {},
): ModelReply => reply([...(say === undefined ? [] : [textPart(say)]), ...calls.map(toolCallPart)], options);

/** The model refuses. */
export const refusal = (content: string | Pieces, options: ReplyOptions = {}): ModelReply =>
  reply([{ type: 'refusal', pieces: inPieces(content) }], options);

export const textPart = (content: string | Pieces, citations: readonly Citation[] = []): OutputPart => ({
  type: 'text',
  pieces: inPieces(content),
  citations,
});

export const toolCallPart = ({ name, args, id }: ScriptedCall): OutputPart => ({
  type: 'toolCall',
  id,
  name,
  pieces: Array.isArray(args) ? (args as Pieces) : [typeof args === 'string' ? args : JSON.stringify(args)],
});

/** Reasoning with its summary parts (one string is one part). */
export function reasoning(
  summary: string | readonly (string | Pieces)[],
  options: ReasoningOptions = {},
): ReasoningPart {
  const parts = typeof summary === 'string' ? [summary] : summary;
  return { type: 'reasoning', summary: parts.map(inPieces), ...options };
}

export const webSearch = (query: string, sources: readonly string[]): OutputPart => ({
  type: 'webSearch',
  query,
  sources,
});

export interface HttpOptions extends TransportOptions {
  readonly status?: number;
  readonly contentType?: string;
}

/** A body of any kind. */
export const http = (
  body: HttpReply['body'],
  { status = 200, contentType = 'application/json', ...transport }: HttpOptions = {},
): HttpReply => ({ kind: 'http', status, contentType, body, ...transport });

/** A JSON body. */
export const json = (body: unknown, options: HttpOptions = {}): HttpReply => http(JSON.stringify(body), options);

/** An error in OpenAI's shape. */
export const apiError = (
  status: number,
  error: {
    readonly message: string;
    readonly type?: string;
    readonly param?: string | null;
    readonly code?: string | null;
  },
  options: TransportOptions = {},
): HttpReply =>
  json({ error: { type: 'invalid_request_error', param: null, code: null, ...error } }, { ...options, status });

/** An HTML page, as load balancers send it. */
export const html = (status: number, page: string): HttpReply => http(page, { status, contentType: 'text/html' });

/** An event stream of these frames and pauses. It ends regularly after the last one; `DONE` is a frame like any other. */
export const sse = (steps: Iterable<Step>, options: HttpOptions = {}): HttpReply =>
  http(steps, { contentType: 'text/event-stream; charset=utf-8', ...options });

/** No answer at all. */
export const never = (): NoReply => ({ kind: 'none' });

/** Headers of a rate limit, as OpenAI sends them: `rateLimit({ 'remaining-tokens': '5' })`. */
export const rateLimit = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`x-ratelimit-${name}`, value]));

/** A string is streamed word by word, its blanks leading as tokens have them. */
export function inPieces(content: string | Pieces): Pieces {
  return typeof content === 'string' ? (content.match(/\s*\S+\s*$|\s*\S+|\s+/g) ?? []) : content;
}

/** The whole text of pieces. */
export const joined = (pieces: Pieces): string => pieces.filter((piece) => typeof piece === 'string').join('');

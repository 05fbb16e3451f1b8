import { identifier } from '../identifiers.js';
import type { Model } from '../models.js';
import {
  joined,
  type Citation,
  type FinishReason,
  type ModelReply,
  type OutputPart,
  type Pieces,
} from '../script/script.js';
import type { ReplyUsage } from '../usage.js';
import type { ChatRequest } from './chat-request.js';
import { chatUsage } from './chat-usage.js';

/** What a chat completion says about itself, the same in its JSON form and in every chunk of its stream. */
export interface ChatAnswer {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly dialect: Model['dialect'];
  /** Undefined on servers that have no tiers. */
  readonly serviceTier: string | undefined;
  readonly fingerprint: string | null;
  readonly finish: FinishReason;
  readonly usage: object | null;
  readonly output: readonly OutputPart[];
  /** Ids of the tool calls, in their order. */
  readonly callIds: readonly string[];
  /** Indices of the choices asked for (`n`); all say the same. */
  readonly choices: readonly number[];
}

export function chatAnswer(
  request: ChatRequest,
  model: Model,
  reply: ModelReply,
  usage: ReplyUsage | null,
): ChatAnswer {
  const isOpenAI = model.dialect === 'openai';
  return {
    id: identifier('chatcmpl-', 29),
    created: Math.floor(Date.now() / 1000),
    model: reply.model ?? model.snapshot,
    dialect: model.dialect,
    serviceTier: isOpenAI ? servedTier(request.service_tier) : undefined,
    fingerprint: isOpenAI && model.reasoning ? null : 'fp_7c233bf9d1',
    finish: reply.finish ?? usualFinish(request, reply.output),
    usage: usage && chatUsage(usage, model),
    output: reply.output,
    callIds: reply.output.flatMap((part) => (part.type === 'toolCall' ? [part.id ?? identifier('call_', 24)] : [])),
    choices: Array.from({ length: request.n ?? 1 }, (_, index) => index),
  };
}

const servedTier = (asked: ChatRequest['service_tier']): string =>
  asked === 'flex' || asked === 'priority' ? asked : 'default';

/** A call forced by name ends with `stop` (OpenAI guide "Function calling", "Forced functions"). */
function usualFinish(request: ChatRequest, output: readonly OutputPart[]): FinishReason {
  const forced = typeof request.tool_choice === 'object' && request.tool_choice.type !== 'allowed_tools';
  return output.some(({ type }) => type === 'toolCall') && !forced ? 'tool_calls' : 'stop';
}

/** All pieces of a part, summary parts of reasoning with a blank line between them. */
export function piecesOf(part: OutputPart): Pieces {
  switch (part.type) {
    case 'reasoning':
      return part.summary.flatMap((summary, index) => (index > 0 ? ['\n\n', ...summary] : summary));
    case 'webSearch':
      throw new Error('web search is an output of the Responses API');
    default:
      return part.pieces;
  }
}

/** The joined text of all parts of a kind; `null` when there is no such part. */
export function textOf(output: readonly OutputPart[], type: 'text' | 'refusal' | 'reasoning'): string | null {
  const parts = output.filter((part) => part.type === type);
  return parts.length > 0 ? parts.map((part) => joined(piecesOf(part))).join('') : null;
}

export const annotation = ({ url, title, start, end }: Citation): object => ({
  type: 'url_citation',
  url_citation: { url, title, start_index: start, end_index: end },
});

/** The `logprobs` of a choice: the whole content counts as one certain token. */
export function logprobsOf(content: string, { logprobs, top_logprobs: top }: ChatRequest): object | null {
  if (logprobs !== true) return null;
  const token = { token: content, logprob: -0.01, bytes: [...Buffer.from(content)] };
  return { content: content === '' ? [] : [{ ...token, top_logprobs: top ? [token] : [] }], refusal: null };
}

import { LlmError } from '../canonical/error.js';
import type { CanonicalBlock, CanonicalMessage, ToolCallBlock } from '../canonical/message.js';
import { oneLine, UPSTREAM_TEXT_LIMIT } from '../canonical/one-line.js';
import type { StopReason } from '../canonical/stop.js';
import { isObjectJson, repairObjectJson } from '../canonical/tool-arguments.js';
import { decodeStreamError } from '../openai/decode-error.js';
import type { ChatDecodeOptions } from './decode-stream.js';
import { stopReasonOf } from './finish-reason.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import {
  argumentsText,
  citationsOf,
  firstChoice,
  lostParts,
  writtenParts,
  type WrittenParts,
} from './message-parts.js';
import { splitThinkTags } from './think-tags.js';
import { decodeChatUsage } from './usage.js';

/**
 * Decodes a whole answer of Chat Completions. Order of the blocks: thinking, text, refusal, tool calls.
 *
 * @param body the bytes, or what they parse to.
 * @throws LlmError 502 when it is no answer. With the remedy `retry` when the arguments of a tool call are no JSON object:
 * a model that is asked again usually writes them right. The error the upstream reports when it sends one with status 200.
 */
export function decodeChatMessage(body: Buffer | JsonRecord, options: ChatDecodeOptions): CanonicalMessage {
  const answer = Buffer.isBuffer(body) ? parse(body) : body;
  if (answer['error'] !== undefined && answer['error'] !== null)
    throw decodeStreamError(answer['error'], options.errors);
  const { choice, several } = firstChoice(answer['choices']);
  const message = choice?.['message'];
  if (choice === undefined || !isRecord(message))
    throw unusable('The upstream server sent an answer without a message');
  const finish = stopReasonOf(choice['finish_reason']);
  const { blocks, lost } = decodeBlocks(message, finish, options.thinkTags === true);
  if (finish === undefined && blocks.length === 0) throw unusable('The upstream server sent an empty answer');
  return {
    meta: {
      id: text(answer['id']) || undefined,
      model: text(answer['model']) || undefined,
      serviceTier: text(answer['service_tier']) || undefined,
    },
    blocks,
    stop: finish ?? 'end_turn',
    detail: {},
    usage: usageOf(answer, options),
    lossy: [...lost, ...lostParts(message), ...(several ? ['response.choices'] : [])],
  };
}

function parse(body: Buffer): JsonRecord {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    answer = undefined;
  }
  if (!isRecord(answer)) throw unusable('The upstream server sent an answer that is no JSON object');
  return answer;
}

function usageOf(answer: JsonRecord, options: ChatDecodeOptions): CanonicalMessage['usage'] {
  const usage = decodeChatUsage(answer['usage'], options);
  const serviceTier = text(answer['service_tier']) || undefined;
  return usage && { ...usage, serviceTier };
}

function decodeBlocks(
  message: JsonRecord,
  finish: StopReason | undefined,
  thinkTags: boolean,
): { blocks: CanonicalBlock[]; lost: string[] } {
  const { reasoning, content, refusal } = thinkTags ? untagged(writtenParts(message)) : writtenParts(message);
  const blocks: CanonicalBlock[] = [];
  if (reasoning !== '') blocks.push({ type: 'thinking', text: reasoning, item: undefined });
  const citations = citationsOf(message);
  content.forEach((part, i) => {
    blocks.push({ type: 'text', text: part, citations: i === 0 ? citations : [], refusal: false });
  });
  if (refusal !== '') blocks.push({ type: 'text', text: refusal, citations: [], refusal: true });
  const calls = toolCallsOf(message).map((call) => decodeCall(call, finish));
  blocks.push(...calls.filter((call) => call !== undefined));
  return { blocks, lost: calls.includes(undefined) ? ['response.tool_call'] : [] };
}

/** The same with what stands between `<think>` and `</think>` as reasoning. */
function untagged(parts: WrittenParts): WrittenParts {
  const [first, ...more] = parts.content;
  if (first === undefined) return parts;
  const { thinking, text: said } = splitThinkTags(first);
  return { ...parts, reasoning: parts.reasoning + thinking, content: said === '' ? more : [said, ...more] };
}

function toolCallsOf(message: JsonRecord): JsonRecord[] {
  const calls = list(message['tool_calls']).filter(isRecord);
  const legacy = message['function_call'];
  return calls.length === 0 && isRecord(legacy) ? [{ function: legacy }] : calls;
}

/** @returns undefined for a call cut by the output limit, which must not be run. */
function decodeCall(call: JsonRecord, finish: StopReason | undefined): ToolCallBlock | undefined {
  const fn = isRecord(call['function']) ? call['function'] : {};
  const name = text(fn['name']);
  if (name === '') throw unusable('The upstream server sent a tool call without a name');
  const raw = argumentsText(fn['arguments']);
  const input = finish === 'max_tokens' ? exactly(raw) : raw.trim() === '' ? '{}' : repairObjectJson(raw);
  if (input !== undefined) return { type: 'tool_call', id: text(call['id']), name, input };
  if (finish === 'max_tokens') return undefined;
  throw unusable(`The model produced invalid arguments for the tool ${name}`, raw);
}

function exactly(raw: string): string | undefined {
  return isObjectJson(raw) ? raw : undefined;
}

/** @param raw what the upstream sent, for the log. */
function unusable(message: string, raw?: string): LlmError {
  return new LlmError(message, {
    status: 502,
    type: 'api_error',
    upstream: { message: raw === undefined ? message : oneLine(raw, UPSTREAM_TEXT_LIMIT) },
    ...(raw === undefined ? {} : { remedy: { kind: 'retry' } }),
  });
}

import type { CanonicalBlock, CanonicalMessage, TextBlock } from '../canonical/message.js';
import type { StopReason } from '../canonical/stop.js';
import { isObjectJson, repairObjectJson } from '../canonical/tool-arguments.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import { brokenAnswer, brokenArguments } from '../openai/broken-answer.js';
import { decodeStreamError } from '../openai/decode-error.js';
import type { ResponsesDecodeOptions } from './decode-options.js';
import {
  argumentsOf,
  callId,
  citationsOf,
  phaseOf,
  reasoningItemOf,
  shownReasoning,
  stopReasonOf,
  usageOf,
} from './output-items.js';
import { SearchResults, searchStep } from './search-results.js';

/**
 * Decodes a whole response. The blocks stand in the order of its items.
 *
 * @param body the bytes, or what they parse to.
 * @throws LlmError what the upstream reports when it failed; 502 when it is no answer, with the remedy `retry` when the
 * arguments of a tool call are no JSON object.
 */
export function decodeResponsesMessage(body: Buffer | JsonRecord, options: ResponsesDecodeOptions): CanonicalMessage {
  const response = Buffer.isBuffer(body) ? parse(body) : body;
  const { error, status } = response;
  if (error !== undefined && error !== null) throw decodeStreamError(error, options.errors);
  if (status === 'failed' || status === 'cancelled') throw brokenAnswer('did not finish its answer');
  if (!Array.isArray(response['output'])) throw brokenAnswer('sent an answer without an output');
  const stop = stopReasonOf(response);
  const lost: string[] = [];
  const searches = new SearchResults(options.blockedDomains ?? []);
  const blocks = decodeItems(list(response['output']).filter(isRecord), stop, searches, lost);
  return {
    meta: {
      id: text(response['id']) || undefined,
      model: text(response['model']) || undefined,
      serviceTier: text(response['service_tier']) || undefined,
    },
    blocks,
    stop,
    detail: {},
    usage: usageOf(response, searches.count),
    lossy: [...new Set(lost)],
  };
}

function parse(body: Buffer): JsonRecord {
  let response: unknown;
  try {
    response = JSON.parse(body.toString('utf8'));
  } catch {
    response = undefined;
  }
  if (!isRecord(response)) throw brokenAnswer('sent an answer that is no JSON object');
  return response;
}

function decodeItems(
  items: readonly JsonRecord[],
  stop: StopReason,
  searches: SearchResults,
  lost: string[],
): CanonicalBlock[] {
  const blocks: CanonicalBlock[] = [];
  const answerSearch = (): void => {
    const results = searches.take();
    if (results) blocks.push(results);
  };
  for (const [i, item] of items.entries()) {
    switch (item['type']) {
      case 'reasoning': {
        const returned = reasoningItemOf(item, phaseOf(items[i + 1]));
        const shown = shownReasoning(item);
        if (returned || shown !== '') blocks.push({ type: 'thinking', text: shown, item: returned });
        break;
      }
      case 'message': {
        const texts = textBlocks(item, lost);
        for (const part of list(item['content']).filter(isRecord))
          citationsOf(part).forEach((cited) => searches.cite(cited));
        answerSearch();
        blocks.push(...texts);
        break;
      }
      case 'function_call':
        answerSearch();
        decodeCall(item, stop, blocks, lost);
        break;
      case 'web_search_call': {
        const step = searchStep(item);
        if (step.query !== undefined) answerSearch();
        if (searches.add(step)) blocks.push({ type: 'web_search_call', id: step.id, query: step.query ?? '' });
        break;
      }
      default:
        lost.push(`response.${text(item['type']).slice(0, 64)}`);
    }
  }
  answerSearch();
  return blocks;
}

function textBlocks(item: JsonRecord, lost: string[]): TextBlock[] {
  return list(item['content'])
    .filter(isRecord)
    .flatMap((part): TextBlock[] => {
      const refusal = part['type'] === 'refusal';
      if (!refusal && part['type'] !== 'output_text') lost.push(`response.${text(part['type']).slice(0, 64)}`);
      const words = text(refusal ? part['refusal'] : part['text']);
      return words === '' ? [] : [{ type: 'text', text: words, citations: citationsOf(part), refusal }];
    });
}

/** A call that was cut by the output limit must not be run. */
function decodeCall(item: JsonRecord, stop: StopReason, blocks: CanonicalBlock[], lost: string[]): void {
  const name = text(item['name']);
  if (name === '') throw brokenAnswer('sent a tool call without a name');
  const raw = argumentsOf(item);
  const isCut = stop === 'max_tokens' || item['status'] === 'incomplete';
  const input = isCut ? exactly(raw) : raw.trim() === '' ? '{}' : repairObjectJson(raw);
  if (input !== undefined) blocks.push({ type: 'tool_call', id: callId(item), name, input });
  else if (isCut) lost.push('response.tool_call');
  else throw brokenArguments(name, raw);
}

function exactly(raw: string): string | undefined {
  return isObjectJson(raw) ? raw : undefined;
}

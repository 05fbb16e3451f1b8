import type { Citation, ReasoningItem } from '../canonical/message.js';
import type { StopReason } from '../canonical/stop.js';
import type { CanonicalUsage } from '../canonical/usage.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import { SUMMARY_SEPARATOR } from './reasoning-item.js';
import { decodeResponsesUsage } from './usage.js';

/** Reads the items of `output`, as they stand in a whole response and in the events of a stream. */

/** What a reasoning item shows: its summary, or the reasoning itself where a server gives that. */
export function shownReasoning(item: JsonRecord): string {
  const summary = textsOf(item['summary']);
  return (summary.length > 0 ? summary : textsOf(item['content'])).join(SUMMARY_SEPARATOR);
}

/** What has to be given back; undefined without a ciphertext: nothing is stored under its id. */
export function reasoningItemOf(item: JsonRecord, phase: string | undefined): ReasoningItem | undefined {
  const [id, encrypted] = [text(item['id']), text(item['encrypted_content'])];
  if (id === '' || encrypted === '') return undefined;
  return { id, encrypted, summary: textsOf(item['summary']), phase };
}

function textsOf(parts: unknown): string[] {
  return list(parts)
    .filter(isRecord)
    .map((part) => text(part['text']));
}

/** The arguments of a call as JSON text. Some servers send the object itself. */
export function argumentsOf(item: JsonRecord): string {
  const value = item['arguments'];
  return isRecord(value) ? JSON.stringify(value) : text(value);
}

export function callId(item: JsonRecord): string {
  return text(item['call_id']) || text(item['id']);
}

export function phaseOf(item: JsonRecord | undefined): string | undefined {
  return item?.['type'] === 'message' ? text(item['phase']) || undefined : undefined;
}

export function citationsOf(part: JsonRecord): Citation[] {
  return list(part['annotations']).flatMap((annotation) => citationOf(annotation) ?? []);
}

/** Undefined for an annotation that cites no page. */
export function citationOf(annotation: unknown): Citation | undefined {
  if (!isRecord(annotation) || annotation['type'] !== 'url_citation') return undefined;
  const { start_index: start, end_index: end } = annotation;
  const url = text(annotation['url']);
  if (url === '') return undefined;
  return {
    url,
    title: text(annotation['title']) || undefined,
    start: typeof start === 'number' ? start : 0,
    end: typeof end === 'number' ? end : 0,
  };
}

/** Why the model stopped; what it called is settled later. */
export function stopReasonOf(response: JsonRecord): StopReason {
  const details = response['incomplete_details'];
  if (response['status'] !== 'incomplete' || !isRecord(details)) return 'end_turn';
  if (details['reason'] === 'content_filter') return 'refusal';
  return details['reason'] === 'max_output_tokens' ? 'max_tokens' : 'end_turn';
}

export function usageOf(response: JsonRecord, webSearches: number): CanonicalUsage | undefined {
  const usage = decodeResponsesUsage(response['usage']);
  return usage && { ...usage, webSearches, serviceTier: text(response['service_tier']) || undefined };
}

import { isRecord, list, text, type JsonRecord } from '../json.js';
import { SseObserver } from '../sse-observer.js';
import { decodeResponsesUsage } from './usage.js';

/** Watches an answer of the Responses API on its way to a client that speaks the same. */
export class ResponsesUsageObserver extends SseObserver {
  #response: JsonRecord = {};

  protected isDelta(name: string): boolean {
    return name.endsWith('.delta');
  }

  protected deltaText({ delta }: JsonRecord): string {
    return text(delta);
  }

  /** Every event that carries the response carries all of it; the last one has the usage. */
  protected observe(event: JsonRecord): void {
    this.firstContent ||= text(event['type']).endsWith('.delta');
    if (isRecord(event['response'])) this.observeWhole(event['response']);
    this.usageIsFinal = this.tokens !== undefined;
  }

  protected observeWhole(response: JsonRecord): void {
    this.#response = response;
    this.model = text(response['model']) || this.model;
    this.upstreamId = text(response['id']) || this.upstreamId;
    this.tokens = decodeResponsesUsage(response['usage']) ?? this.tokens;
    if (this.tokens) {
      this.tokens.serviceTier = text(response['service_tier']) || undefined;
      this.tokens.webSearches = list(response['output']).filter(isWebSearch).length;
    }
    this.stopReason = reasonOf(response) ?? this.stopReason;
    const calls = list(response['output']).filter((item) => isRecord(item) && item['type'] === 'function_call');
    this.toolCalls.splice(0, Infinity, ...calls.map((call) => text((call as JsonRecord)['name'])));
  }

  protected assemble(): unknown {
    return this.#response;
  }
}

/** A call of the hosted tool that searched; opening a page or looking for a word in it is not charged as one. */
function isWebSearch(item: unknown): boolean {
  if (!isRecord(item) || item['type'] !== 'web_search_call') return false;
  const { action } = item;
  return !isRecord(action) || action['type'] === undefined || action['type'] === 'search';
}

/** `completed`, `failed`, or why the response is incomplete. */
function reasonOf({ status, incomplete_details: details }: JsonRecord): string | undefined {
  if (status === 'in_progress' || status === 'queued') return undefined;
  return (isRecord(details) ? text(details['reason']) : '') || text(status) || undefined;
}

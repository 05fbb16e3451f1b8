import type { Citation, WebSearchResultBlock } from '../canonical/message.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';

/** What a `web_search_call` did. */
export interface SearchStep {
  readonly id: string;
  /** Undefined for a step that only looked into a page. */
  readonly query: string | undefined;
  readonly urls: readonly string[];
  readonly failed: boolean;
}

export function searchStep(item: JsonRecord): SearchStep {
  const action = isRecord(item['action']) ? item['action'] : {};
  const isSearch = (action['type'] ?? 'search') === 'search';
  const urls = isSearch ? list(action['sources']).map((source) => (isRecord(source) ? text(source['url']) : '')) : [];
  return {
    id: text(item['id']),
    query: isSearch ? text(action['query']) || text(list(action['queries'])[0]) : undefined,
    urls: (isSearch ? urls : [text(action['url'])]).filter((url) => url !== ''),
    failed: item['status'] === 'failed',
  };
}

/**
 * The results of searches, put together from three places: the sources of the search, pages opened afterwards, and the
 * citations, which alone know titles.
 */
export class SearchResults {
  /** Searches made so far. */
  count = 0;
  #call: SearchStep | undefined;
  #urls: string[] = [];
  readonly #titles = new Map<string, string>();

  /** @param blocked domains whose pages are not shown. */
  constructor(private readonly blocked: readonly string[]) {}

  /** A search is waiting to be answered. */
  get pending(): boolean {
    return this.#call !== undefined;
  }

  /** @returns false for a step that belongs to the search before. */
  add(step: SearchStep): boolean {
    if (step.query === undefined) {
      this.#urls.push(...step.urls);
      return false;
    }
    this.count++;
    this.#call = step;
    this.#urls = [...step.urls];
    return true;
  }

  cite({ url, title }: Citation): void {
    const known = bare(url);
    if (title !== undefined) this.#titles.set(known, title);
    if (this.pending && !this.#urls.some((other) => bare(other) === known)) this.#urls.push(url);
  }

  /** The answer to the search that waits. */
  take(): WebSearchResultBlock | undefined {
    const call = this.#call;
    if (!call) return undefined;
    this.#call = undefined;
    const urls = [...new Set(this.#urls)].filter((url) => !this.#isBlocked(url));
    return {
      type: 'web_search_result',
      callId: call.id,
      outcome:
        call.failed && urls.length === 0
          ? { error: 'unavailable' }
          : urls.map((url) => ({ url, title: this.#titles.get(bare(url)) })),
    };
  }

  #isBlocked(url: string): boolean {
    const host = /^[a-z][\w+.-]*:\/\/([^/?#:]+)/i.exec(url)?.[1]?.toLowerCase() ?? '';
    return this.blocked.some((domain) => host === domain || host.endsWith(`.${domain}`));
  }
}

/** Citations carry a mark of who cites. */
function bare(url: string): string {
  return url.replace(/[?&]utm_source=[^&#]*/, '');
}

import { isObject } from './validation/checks.js';

/** Tokens as OpenAI counts them: the prompt includes cached ones, the completion includes reasoning. */
export interface ReportedUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

export interface BillEntry extends ReportedUsage {
  /** Replies that reported usage. */
  readonly replies: number;
}

/** What the simulation has told its clients they used, per model as named in the reply. */
export class Bill {
  private readonly entries = new Map<string, BillEntry>();

  add(model: string, usage: ReportedUsage): void {
    this.entries.set(model, sum(this.of(model), { ...usage, replies: 1 }));
  }

  /** The sums of one model; zeros when it has not been used. */
  of(model: string): BillEntry {
    return this.entries.get(model) ?? NOTHING;
  }

  /** The sums over all models. */
  get total(): BillEntry {
    return [...this.entries.values()].reduce(sum, NOTHING);
  }

  get models(): readonly string[] {
    return [...this.entries.keys()];
  }

  clear(): void {
    this.entries.clear();
  }
}

const sum = (a: BillEntry, b: BillEntry): BillEntry => ({
  replies: a.replies + b.replies,
  promptTokens: a.promptTokens + b.promptTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  completionTokens: a.completionTokens + b.completionTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
});

const NOTHING: BillEntry = {
  replies: 0,
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
};

/** Reads the `usage` object of a chat completion, a chunk or a response; undefined when there is none. */
export function readUsage(usage: unknown): ReportedUsage | undefined {
  if (!isObject(usage)) return undefined;
  const input = usage['prompt_tokens_details'] ?? usage['input_tokens_details'];
  const output = usage['completion_tokens_details'] ?? usage['output_tokens_details'];
  return {
    promptTokens: count(usage['prompt_tokens'] ?? usage['input_tokens']),
    cachedTokens: count(isObject(input) ? input['cached_tokens'] : 0),
    cacheWriteTokens: count(isObject(input) ? input['cache_write_tokens'] : 0),
    completionTokens: count(usage['completion_tokens'] ?? usage['output_tokens']),
    reasoningTokens: count(isObject(output) ? output['reasoning_tokens'] : 0),
  };
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

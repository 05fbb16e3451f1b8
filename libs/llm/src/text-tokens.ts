import { createHash } from 'node:crypto';

type CountTokens = (text: string) => number;

interface Tokenizer {
  readonly count: CountTokens;
  readonly first: (text: string, tokens: number) => string;
}

/** The tokenizer takes a third of a second to load and is not needed to serve traffic: it comes with the first count. */
let tokenizer: Promise<Tokenizer> | undefined;

function loadTokenizer(): Promise<Tokenizer> {
  tokenizer ??= import('gpt-tokenizer/encoding/o200k_base').then(({ countTokens, decode, encode }) => {
    // What looks like a special token, `<|endoftext|>`, is text of the user here.
    const options = { disallowedSpecial: new Set<string>() };
    return {
      count: (text) => countTokens(text, options),
      first: (text, tokens) => decode(encode(text, options).slice(0, tokens)),
    };
  });
  return tokenizer;
}

/** Counts of long texts by hash, least recently used first: nine tenths of an agent's prompt come again in the next turn. */
const counts = new Map<string, number>();
const MOST_COUNTS = 4096;
/** Shorter texts are counted faster than they are hashed. */
const SHORTEST_KEPT = 200;

/**
 * Tokens of a text under `o200k_base`, the encoding of OpenAI's models since gpt-4o. Other work gets its turn while a long
 * text is counted, and the time grows with its length alone, whatever is in it.
 *
 * @param text ordinary text.
 */
export async function countTextTokens(text: string): Promise<number> {
  const { count } = await loadTokenizer();
  if (text.length < SHORTEST_KEPT) return countPieces(text, count);
  const key = createHash('sha256').update(text).digest('base64');
  const tokens = counts.get(key) ?? (await countSlices(text, count));
  counts.delete(key);
  counts.set(key, tokens);
  const [oldest] = counts.keys();
  if (counts.size > MOST_COUNTS && oldest !== undefined) counts.delete(oldest);
  return tokens;
}

/**
 * The beginning of a text, no longer than so many tokens.
 *
 * @param text a short one, such as an answer of at most some dozen tokens; ordinary text.
 */
export async function firstTokens(text: string, tokens: number): Promise<string> {
  const { first } = await loadTokenizer();
  // A character may be cut in two by its tokens.
  return first(text, tokens).replace(/\ufffd+$/, '');
}

/** Characters between two turns for other work; some milliseconds. */
const SLICE = 32_768;

async function countSlices(text: string, count: CountTokens): Promise<number> {
  let tokens = 0;
  for (let start = 0; start < text.length;) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const end = sliceEnd(text, start);
    tokens += countPieces(text.slice(start, end), count);
    start = end;
  }
  return tokens;
}

/** After a line end, where the encoding starts a new token anyhow, if there is one in the last half. */
function sliceEnd(text: string, start: number): number {
  const end = start + SLICE;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf('\n', end) + 1;
  if (line > start + SLICE / 2) return line;
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Letters, spaces or signs in one run that are counted together. Longer ones do not occur in texts that people write. */
const LONG_RUN = /[\p{L}\p{M}]{64}|\s{64}|[^\s\p{L}\p{M}\p{N}]{64}/gu;

/**
 * Byte-pair merging takes quadratic time in the length of an unbroken run: 5000 equal letters take a fifth of a second, a
 * hundred thousand Chinese characters minutes. Such runs are cut, which moves the count by some tokens at most.
 */
function countPieces(text: string, count: CountTokens): number {
  let tokens = 0;
  let start = 0;
  for (const match of text.matchAll(LONG_RUN)) {
    const end = match.index + match[0].length;
    tokens += count(text.slice(start, end));
    start = end;
  }
  return start === 0 ? count(text) : tokens + count(text.slice(start));
}

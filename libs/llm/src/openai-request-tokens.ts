import type { JsonRecord } from './json.js';
import { countTextTokens } from './text-tokens.js';
import { readStrings } from './written-strings.js';

/** Role and separators of a message, and the beginning of the answer, as OpenAI's cookbook counts them. */
const PER_MESSAGE = 4;
const REPLY = 3;

/**
 * About how many input tokens a request of OpenAI's API has, whichever endpoint it is for: the texts in it, counted with
 * `o200k_base`. Images and files are not counted.
 */
export async function countOpenAiRequestTokens(request: JsonRecord): Promise<number> {
  const { messages, input } = request;
  const items = [messages, input].find(Array.isArray)?.length ?? 0;
  const framing = messages === undefined && items === 0 ? 0 : REPLY + items * PER_MESSAGE;
  return (await countTextTokens(readStrings(request))) + framing;
}

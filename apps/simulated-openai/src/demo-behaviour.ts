import type { Effort } from './models.js';
import {
  inPieces,
  joined,
  reasoning,
  reply,
  textPart,
  toolCallPart,
  webSearch,
  type ModelReply,
  type OutputPart,
} from './script/script.js';
import { countText } from './tokens.js';
import { isObject, type JsonObject } from './validation/checks.js';

export interface DemoTool {
  readonly name: string;
  readonly parameters: JsonObject;
}

/** A request as the improvising model sees it, the same for every endpoint. */
export interface DemoPrompt {
  readonly model: string;
  /** Undefined on models that do not reason. */
  readonly effort: Effort | undefined;
  /** The last thing the user wrote. */
  readonly userText: string;
  /** The output of a tool, when that is what came last. */
  readonly toolOutput: string | undefined;
  readonly tools: readonly DemoTool[];
  readonly toolChoice: 'none' | 'auto' | 'required' | { readonly name: string };
  /** The answer must be JSON of this schema. */
  readonly schema: JsonObject | undefined;
  /** Most tokens of the answer, reasoning included. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/** Hidden tokens by effort; `medium` thinks as long as a small model does over a short question. */
const REASONING_TOKENS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 0,
  low: 64,
  medium: 256,
  high: 1024,
  xhigh: 2048,
  max: 4096,
};

/** A friendly, plausible and always equal answer to a request that nobody has scripted. */
export function improvise(prompt: DemoPrompt): ModelReply {
  const call = callFor(prompt);
  const thoughts = thinking(prompt);
  if (call) return reply([...thoughts, call]);
  return limited(prompt, thoughts, stoppedAt(prompt.stop, answer(prompt)));
}

function thinking({ effort, userText }: DemoPrompt): readonly OutputPart[] {
  const tokens = effort === undefined ? 0 : REASONING_TOKENS[effort];
  return tokens > 0 ? [reasoning(`Thinking about “${excerpt(userText, 60)}”.`, { tokens })] : [];
}

function answer(prompt: DemoPrompt): string {
  if (prompt.schema) return JSON.stringify(sampleOf(prompt.schema, excerpt(prompt.userText, 40)));
  if (prompt.toolOutput !== undefined) {
    return `The tool has answered: “${excerpt(prompt.toolOutput, 200)}”. That is all that a simulation can say about it.`;
  }
  const offer = prompt.tools.length > 0 ? ' Ask me to read a file or to run a command and I call the tool for it.' : '';
  return `You said: “${excerpt(prompt.userText, 200)}”. I am a simulated ${prompt.model}: no model has read this, and nothing has left your machine.${offer}`;
}

/** Cuts the answer where the token limit is reached; reasoning is paid first and may leave nothing. */
function limited({ maxTokens }: DemoPrompt, thoughts: readonly OutputPart[], content: string): ModelReply {
  const thought = thoughts.reduce((sum, part) => sum + (part.type === 'reasoning' ? (part.tokens ?? 0) : 0), 0);
  const room = maxTokens - thought;
  if (room <= 0) return reply([reasoning('…', { tokens: maxTokens })], { finish: 'length' });
  if (countText(content) <= room) return reply([...thoughts, textPart(content)]);
  const pieces = inPieces(content);
  let length = 0;
  while (length < pieces.length && countText(joined(pieces.slice(0, length + 1))) <= room) length += 1;
  return reply([...thoughts, textPart(pieces.slice(0, length))], { finish: 'length' });
}

function stoppedAt(stop: readonly string[], content: string): string {
  const ends = stop.map((sequence) => content.indexOf(sequence)).filter((index) => index >= 0);
  return content.slice(0, Math.min(content.length, ...ends));
}

const READ = /\bread\s+(?:me\s+)?(?:the\s+)?(?:file\s+)?[`"'“]?([\w~./\\-]*[./\\][\w./\\-]*\w|\w+(?=[`"'”]))/i;
const RUN = /\b(?:run|execute)\s+(?:the\s+)?(?:command\s+)?(?:[`"'“]([^`"'”]+)[`"'”]|(\S.*?)\s*[.!?]?$)/im;

function callFor({ tools, toolChoice, userText, toolOutput }: DemoPrompt): OutputPart | undefined {
  if (toolChoice === 'none' || tools.length === 0) return undefined;
  if (typeof toolChoice === 'object')
    return call(
      tools.find(({ name }) => name === toolChoice.name),
      {},
      userText,
    );
  if (toolOutput === undefined) {
    const file = READ.exec(userText)?.[1];
    const reader = tools.find(({ name }) => /^read/i.test(name));
    if (file !== undefined && reader) return call(reader, { path: file }, userText);
    const command = RUN.exec(userText);
    const runner = tools.find(({ name }) => /^(bash|shell|run|exec)/i.test(name));
    if (command && runner) return call(runner, { command: command[1] ?? command[2] ?? '' }, userText);
  }
  return toolChoice === 'required' ? call(tools[0], {}, userText) : undefined;
}

/** A call with the given arguments under the names that the tool has for them, and samples for what else it requires. */
function call(
  tool: DemoTool | undefined,
  given: { path?: string; command?: string },
  hint: string,
): OutputPart | undefined {
  if (!tool) return undefined;
  const properties = Object.keys(isObject(tool.parameters['properties']) ? tool.parameters['properties'] : {});
  const args: Record<string, unknown> = { ...(sampleOf(tool.parameters, excerpt(hint, 40)) as JsonObject) };
  for (const [kind, value] of Object.entries(given)) {
    const name = properties.find((key) => key.toLowerCase().includes(kind)) ?? properties[0];
    if (name !== undefined) args[name] = value;
  }
  return toolCallPart({ name: tool.name, args });
}

/** The smallest value that a schema allows, with `hint` for free texts. */
export function sampleOf(schema: unknown, hint: string): unknown {
  if (!isObject(schema)) return {};
  const { type, enum: values, properties, required, items, minimum, minItems, anyOf, oneOf } = schema;
  if ('const' in schema) return schema['const'];
  if (Array.isArray(values)) return values[0] as unknown;
  const variants = anyOf ?? oneOf;
  if (Array.isArray(variants)) return sampleOf(variants[0], hint);
  switch (Array.isArray(type) ? (type[0] as unknown) : type) {
    case 'string':
      return hint;
    case 'integer':
    case 'number':
      return typeof minimum === 'number' ? minimum : 0;
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: typeof minItems === 'number' ? minItems : 0 }, () => sampleOf(items, hint));
    default: {
      const names = Array.isArray(required) ? (required as string[]) : [];
      const known = isObject(properties) ? properties : {};
      return Object.fromEntries(names.map((name) => [name, sampleOf(known[name], hint)]));
    }
  }
}

/** The user's own words: clients put reminders of their own between them. */
export const withoutReminders = (text: string): string =>
  text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').trim();

function excerpt(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

const RESULT = { url: 'https://example.com/simulated', title: 'A simulated result' };

/** The answer to a request for nothing but a search of the web: one search, one result, words that cite it. */
export function improviseSearch(question: string): ModelReply {
  const query = question.replace(/^[^]*query:\s*/i, '').trim() || 'anything';
  const answer = `Nothing was looked up for "${query}": this search is simulated.`;
  return reply([webSearch(query, [RESULT.url]), textPart(answer, [{ ...RESULT, start: 0, end: answer.length }])]);
}

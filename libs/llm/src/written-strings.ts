import { isRecord, type JsonRecord } from './json.js';

/** Where an answer of any of the formats has what its model wrote. */
const ROOTS = ['content', 'output', 'choices'];
/** Members that hold it. */
const WRITTEN = new Set([
  'text',
  'thinking',
  'content',
  'reasoning_content',
  'reasoning',
  'refusal',
  'arguments',
  'name',
]);

/** All that a model wrote in an answer, in one text: for counting its tokens where the upstream has not. */
export function writtenStrings(answer: JsonRecord): string {
  const found: string[] = [];
  for (const root of ROOTS) collect(answer[root], root, found);
  return found.join('\n');
}

/** Values nested deeper hold no text, and may be nested deeper than the stack reaches. */
const DEEPEST = 100;

function collect(value: unknown, key: string, found: string[], depth = 0): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') {
    if (WRITTEN.has(key)) found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, key, found, depth + 1);
  } else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) {
      // Arguments of Anthropic's tool calls are an object.
      if (name === 'input') found.push(jsonText(member));
      else collect(member, name, found, depth + 1);
    }
  }
}

/** Members of a request that are no text for the model, or that no tokenizer counts. */
const NOT_READ = new Set([
  'type', 'role', 'id', 'call_id', 'tool_call_id', 'status', 'data', 'url', 'image_url', 'file_data', 'file_id', 'file_url',
  'encrypted_content', 'signature', 'detail',
]); // prettier-ignore

/** What a request of OpenAI's API gives its model to read, in one text; images and files are not among it. */
export function readStrings(request: JsonRecord): string {
  const found: string[] = [];
  for (const root of ['messages', 'instructions', 'input', 'prompt']) read(request[root], root, found);
  const { tools } = request;
  if (Array.isArray(tools)) found.push(jsonText(tools));
  return found.join('\n');
}

function read(value: unknown, key: string, found: string[], depth = 0): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') {
    if (!NOT_READ.has(key)) found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) read(item, key, found, depth + 1);
  } else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) read(member, name, found, depth + 1);
  }
}

/** Empty for a value that is nested too deeply to be written. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

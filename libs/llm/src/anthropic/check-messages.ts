import type { Message, TextBlock } from '../canonical/request.js';
import { fault, isFields, type Fields } from './check.js';

/**
 * Checks the shape of `messages` as far as the encoders rely on it and returns the very same array. A block of an unknown
 * type passes with any fields.
 *
 * @throws LlmError 400 with the path of the fault, e.g. `messages.0.content: Field required`.
 */
export function checkMessages(value: unknown): readonly Message[] {
  if (value === undefined || value === null) throw fault('messages', 'Field required');
  if (!Array.isArray(value)) throw fault('messages', 'Input should be a valid list');
  if (value.length === 0) throw fault('messages', 'at least one message is required');
  for (let i = 0; i < value.length; i++) checkMessage(value[i], i);
  return value as readonly Message[];
}

/** Checks `system`: a string or a list of text blocks. */
export function checkSystem(value: unknown): string | readonly TextBlock[] | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  if (!Array.isArray(value)) throw fault('system', 'Input should be a valid string or a valid list');
  for (let i = 0; i < value.length; i++) {
    const block: unknown = value[i];
    const path = `system.${i}`;
    if (!isFields(block)) throw fault(path, 'Input should be a valid dictionary');
    if (block['type'] !== 'text') throw fault(`${path}.type`, "Input should be 'text'");
    if (typeof block['text'] !== 'string') throw fault(`${path}.text`, missing(block['text'], 'string'));
  }
  return value as readonly TextBlock[];
}

function checkMessage(message: unknown, index: number): void {
  if (!isFields(message)) throw fault(`messages.${index}`, 'Input should be a valid dictionary');
  const { role, content } = message;
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw fault(`messages.${index}.role`, role === undefined ? 'Field required' : 'Unknown role');
  }
  if (typeof content === 'string') return;
  if (Array.isArray(content)) {
    for (let i = 0; i < content.length; i++) checkBlock(content[i], () => `messages.${index}.content.${i}`);
    return;
  }
  // A system message may carry only `output_config`.
  if (role === 'system' && (content === undefined || content === null)) return;
  throw fault(`messages.${index}.content`, missing(content, 'string or a valid list'));
}

/** The path is a function, because it is wanted only when something is wrong. */
function checkBlock(block: unknown, path: () => string): void {
  if (!isFields(block)) throw fault(path(), 'Input should be a valid dictionary');
  switch (block['type']) {
    case 'text':
      return string(block, 'text', path);
    case 'tool_use':
      string(block, 'id', path);
      string(block, 'name', path);
      if (block['input'] !== undefined && block['input'] !== null && !isFields(block['input'])) {
        throw fault(`${path()}.input`, 'Input should be a valid dictionary');
      }
      return;
    case 'tool_result':
      string(block, 'tool_use_id', path);
      return blocks(block['content'], () => `${path()}.content`);
    case 'thinking':
      return string(block, 'thinking', path);
    case 'image':
      return source(block, path);
    case 'document':
      source(block, path);
      text(block, 'title', path);
      return text(block, 'context', path);
    case 'search_result':
      string(block, 'source', path);
      string(block, 'title', path);
      return blocks(block['content'], () => `${path()}.content`);
    case 'tool_reference':
      return string(block, 'tool_name', path);
    case 'server_tool_use':
    case 'mcp_tool_use':
      string(block, 'id', path);
      return string(block, 'name', path);
    case 'compaction':
      return text(block, 'content', path);
    case 'tool_addition':
    case 'tool_removal':
      if (!isFields(block['tool'])) throw fault(`${path()}.tool`, missing(block['tool'], 'dictionary'));
      return;
    default:
      if (typeof block['type'] !== 'string') throw fault(`${path()}.type`, missing(block['type'], 'string'));
  }
}

/** The fields of each kind of source; a kind that is not listed is left to the encoder to refuse. */
const SOURCE_FIELDS = new Map([
  ['base64', ['media_type', 'data']],
  ['text', ['data']],
  ['url', ['url']],
  ['file', ['file_id']],
]);

function source(block: Fields, path: () => string): void {
  const value = block['source'];
  if (!isFields(value)) throw fault(`${path()}.source`, missing(value, 'dictionary'));
  const kind = value['type'];
  if (typeof kind !== 'string') throw fault(`${path()}.source.type`, missing(kind, 'string'));
  if (kind === 'content') return blocks(value['content'], () => `${path()}.source.content`);
  for (const field of SOURCE_FIELDS.get(kind) ?? []) string(value, field, () => `${path()}.source`);
}

function blocks(value: unknown, path: () => string): void {
  if (value === undefined || value === null || typeof value === 'string') return;
  if (!Array.isArray(value)) throw fault(path(), 'Input should be a valid string or a valid list');
  for (let i = 0; i < value.length; i++) checkBlock(value[i], () => `${path()}.${i}`);
}

function string(block: Fields, field: string, path: () => string): void {
  if (typeof block[field] !== 'string') throw fault(`${path()}.${field}`, missing(block[field], 'string'));
}

function text(block: Fields, field: string, path: () => string): void {
  const value = block[field];
  if (value !== undefined && value !== null) string(block, field, path);
}

function missing(value: unknown, expected: string): string {
  return value === undefined || value === null ? 'Field required' : `Input should be a valid ${expected}`;
}

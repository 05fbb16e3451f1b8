import { invalidRequest } from '../canonical/error.js';
import type { CanonicalRequest, Effort, JsonSchema, Thinking } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import { withinStack, type JsonBody } from '../json-body.js';
import {
  fault,
  optionalBoolean,
  optionalCount,
  optionalFields,
  optionalNumber,
  optionalString,
  requiredString,
  type Fields,
} from './check.js';
import { checkMessages, checkSystem } from './check-messages.js';
import { checkTools, readToolChoice } from './check-tools.js';
import { readContextEdits } from './context-management.js';
import { ToolsCache } from './tools-cache.js';
import { requestUser } from './user-id.js';

export interface DecodeOptions {
  /** A request to be counted: `max_tokens` may be absent. */
  readonly counting?: boolean;
  /** Where parsed tool definitions are kept; default: one cache of the process. */
  readonly toolsCache?: ToolsCache;
}

const sharedToolsCache = new ToolsCache();

/**
 * Reads the body of `POST /v1/messages`. What Anthropic refuses is refused in Anthropic's wording as far as the translation
 * relies on it; a field or a block that is not known never fails the request.
 *
 * @throws LlmError 400 `invalid_request_error`, e.g. `messages.0.content: Field required`.
 */
export function decodeAnthropicRequest(body: JsonBody, options: DecodeOptions = {}): CanonicalRequest {
  return withinStack(() => decode(body, options));
}

function decode(body: JsonBody, options: DecodeOptions): CanonicalRequest {
  const { fields, tools } = (options.toolsCache ?? sharedToolsCache).parse(body, checkTools);
  const text = (value: string) => toText(value, body.form);

  const model = requiredString(fields['model'], 'model');
  if (model === '' || model.length > 256) throw fault('model', 'String should have 1 to 256 characters');
  const maxTokens = optionalCount(fields['max_tokens'], 'max_tokens');
  if (maxTokens === undefined && options.counting !== true) throw fault('max_tokens', 'Field required');

  const { choice, parallel } = readToolChoice(fields['tool_choice']);
  const outputConfig = optionalFields(fields['output_config'], 'output_config');
  const userId = optionalString(optionalFields(fields['metadata'], 'metadata')?.['user_id'], 'metadata.user_id');
  const cacheControl = optionalFields(fields['cache_control'], 'cache_control');

  return {
    encoding: body.form,
    model: text(model),
    stream: optionalBoolean(fields['stream'], 'stream') ?? false,
    maxTokens,
    system: checkSystem(fields['system']),
    messages: checkMessages(fields['messages']),
    tools,
    toolChoice: choice,
    parallelToolCalls: parallel,
    thinking: readThinking(fields['thinking']),
    effort: readEffort(outputConfig?.['effort']),
    temperature: optionalNumber(fields['temperature'], 'temperature'),
    topP: optionalNumber(fields['top_p'], 'top_p'),
    topK: optionalNumber(fields['top_k'], 'top_k'),
    stopSequences: readStopSequences(fields['stop_sequences'], text),
    outputSchema: readOutputSchema(outputConfig?.['format'], fields['output_format']),
    contextEdits: readContextEdits(fields['context_management']),
    user: userId === undefined ? undefined : requestUser(text(userId)),
    serviceTier: optionalString(fields['service_tier'], 'service_tier'),
    speed: optionalString(fields['speed'], 'speed'),
    cacheControl: cacheControl && { type: 'ephemeral' },
    safeguards: isGiven(fields['safeguards']),
    continuesThread: optionalFields(fields['thread'], 'thread')?.['type'] === 'continue',
    unknownFields: unknownFields(fields, outputConfig).map((name) => text(name).slice(0, 64)),
  };
}

function readThinking(value: unknown): Thinking | undefined {
  const thinking = optionalFields(value, 'thinking');
  return (
    thinking && {
      type: requiredString(thinking['type'], 'thinking.type'),
      budgetTokens: optionalNumber(thinking['budget_tokens'], 'thinking.budget_tokens'),
      display: optionalString(thinking['display'], 'thinking.display'),
    }
  );
}

const EFFORTS: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** A word of a newer client counts as none given. */
function readEffort(value: unknown): Effort | undefined {
  const word = optionalString(value, 'output_config.effort');
  return word !== undefined && EFFORTS.has(word) ? (word as Effort) : undefined;
}

function readStopSequences(value: unknown, text: (value: string) => string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fault('stop_sequences', 'Input should be a valid list');
  return value.map((item, i) => {
    if (typeof item !== 'string') throw fault(`stop_sequences.${i}`, 'Input should be a valid string');
    const sequence = text(item);
    if (sequence.trim() === '') throw fault('stop_sequences', 'each stop sequence must contain non-whitespace');
    return sequence;
  });
}

function readOutputSchema(format: unknown, legacy: unknown): JsonSchema | undefined {
  if (isGiven(format) && isGiven(legacy)) {
    throw invalidRequest('output_format: cannot be set together with output_config.format');
  }
  const path = isGiven(format) ? 'output_config.format' : 'output_format';
  const fields = optionalFields(format ?? legacy, path);
  if (!fields) return undefined;
  if (fields['type'] !== 'json_schema') throw fault(`${path}.type`, "Input should be 'json_schema'");
  const schema = optionalFields(fields['schema'], `${path}.schema`);
  if (!schema) throw fault(`${path}.schema`, 'Field required');
  return schema;
}

const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'max_tokens',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'stream',
  'thinking',
  'output_config',
  'output_format',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'context_management',
  'service_tier',
  'speed',
  'cache_control',
  'safeguards',
  'thread',
  'diagnostics',
]);

const READ_OUTPUT_CONFIG: ReadonlySet<string> = new Set(['effort', 'format']);
const MOST_UNKNOWN_FIELDS = 32;

/** Fields that are set and have no counterpart in the canonical request. */
function unknownFields(fields: Fields, outputConfig: Fields | undefined): string[] {
  const unknown = Object.keys(fields).filter((name) => !READ_FIELDS.has(name) && isGiven(fields[name]));
  for (const name of Object.keys(outputConfig ?? {})) {
    if (!READ_OUTPUT_CONFIG.has(name) && isGiven(outputConfig?.[name])) unknown.push(`output_config.${name}`);
  }
  return unknown.slice(0, MOST_UNKNOWN_FIELDS);
}

/** Neither absent nor null nor an empty list: something that the client wants. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

import type { Attributes } from '@opentelemetry/api';
import type { AiRecord } from '#libs/plugin-api';

const SYSTEM = 'gen_ai.system_instructions';
const INPUT = 'gen_ai.input.messages';
const OUTPUT = 'gen_ai.output.messages';

type Fields = Readonly<Record<string, unknown>>;
type Part = Readonly<Record<string, unknown>> & { readonly type: string };

interface ChatMessage {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly finish_reason?: string;
}

/**
 * What the record keeps of the texts (`logging.log_payloads`) as the GenAI conventions want them, each as JSON text, translated
 * from the client's format. Texts that were cut at `max_payload_size` are no JSON any more and are left out.
 */
export function contentAttributes(record: AiRecord, finishReason: string | undefined): Attributes {
  if (record.payload === undefined) return {};
  const request = parse(record.payload.request);
  const response = parse(record.payload.response);
  const system = request && systemOf(request);
  const input = request && messagesOf(request);
  const output = response && answerOf(response, finishReason);
  return {
    ...(system?.length && { [SYSTEM]: JSON.stringify(system) }),
    ...(input?.length && { [INPUT]: JSON.stringify(input) }),
    ...(output?.length && { [OUTPUT]: JSON.stringify(output) }),
  };
}

/** Bytes, about, of the prompts and answers among attributes. */
export function contentSize(attributes: Attributes): number {
  return lengthOf(attributes[SYSTEM]) + lengthOf(attributes[INPUT]) + lengthOf(attributes[OUTPUT]);
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function systemOf({ system, instructions }: Fields): Part[] {
  return partsOf(system ?? instructions);
}

/** `messages` of Messages and Chat Completions, `input` of Responses, `prompt` of Completions and `input` of Embeddings. */
function messagesOf(request: Fields): ChatMessage[] {
  const messages = request['messages'] ?? request['input'] ?? request['prompt'];
  if (typeof messages === 'string') return [{ role: 'user', parts: partsOf(messages) }];
  return list(messages).flatMap(messageOf);
}

function answerOf(response: Fields, finishReason: string | undefined): ChatMessage[] {
  const choices = list(response['choices']);
  const messages =
    choices.length > 0
      ? choices.map((choice) => (isFields(choice) ? (choice['message'] ?? { content: choice['text'] }) : undefined))
      : [{ content: response['content'] ?? response['output'] }];
  return messages.flatMap((message) => {
    if (!isFields(message)) return [];
    const parts = messageParts(message);
    if (parts.length === 0) return [];
    return [{ role: 'assistant', parts, ...(finishReason !== undefined && { finish_reason: finishReason }) }];
  });
}

function messageOf(message: unknown): ChatMessage[] {
  if (typeof message === 'string') return [{ role: 'user', parts: partsOf(message) }];
  if (!isFields(message)) return [];
  const role = text(message['role']) || (message['type'] === 'function_call_output' ? 'tool' : 'assistant');
  const parts = message['role'] === undefined ? partsOf([message]) : messageParts(message);
  return parts.length === 0 ? [] : [{ role, parts }];
}

function messageParts(message: Fields): Part[] {
  const { tool_call_id: answers, content } = message;
  if (answers !== undefined) return [{ type: 'tool_call_response', id: answers, response: content }];
  const reasoning = text(message['reasoning_content']);
  return [
    ...(reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning }]),
    ...partsOf(content),
    ...list(message['tool_calls']).flatMap((call) => (isFields(call) ? [toolCall(call)] : [])),
  ];
}

function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return list(content).flatMap((block): Part[] => {
    if (typeof block === 'string') return [{ type: 'text', content: block }];
    return isFields(block) ? partOf(block) : [];
  });
}

/** A content block of any of the formats; those without text of their own keep their type alone. */
function partOf(block: Fields): Part[] {
  const type = text(block['type']);
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return [{ type: 'text', content: text(block['text']) }];
    case 'thinking':
      return [{ type: 'reasoning', content: text(block['thinking']) }];
    case 'reasoning':
      return [{ type: 'reasoning', content: joined(block['summary']) }];
    case 'tool_use':
      return [{ type: 'tool_call', id: block['id'], name: block['name'], arguments: block['input'] }];
    case 'function_call':
      return [{ type: 'tool_call', id: block['call_id'], name: block['name'], arguments: argumentsOf(block) }];
    case 'tool_result':
      return [{ type: 'tool_call_response', id: block['tool_use_id'], response: partsOf(block['content']) }];
    case 'function_call_output':
      return [{ type: 'tool_call_response', id: block['call_id'], response: block['output'] }];
    case 'message':
      return partsOf(block['content']);
    default:
      return type === '' ? [] : [{ type }];
  }
}

function toolCall(call: Fields): Part {
  const fn = isFields(call['function']) ? call['function'] : {};
  return { type: 'tool_call', id: call['id'], name: fn['name'], arguments: argumentsOf(fn) };
}

function argumentsOf({ arguments: json }: Fields): unknown {
  return parse(json) ?? json;
}

function joined(summary: unknown): string {
  return list(summary)
    .map((part) => (isFields(part) ? text(part['text']) : ''))
    .join('\n');
}

function parse(json: unknown): Fields | undefined {
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

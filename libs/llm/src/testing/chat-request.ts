import { decodeAnthropicRequest } from '../anthropic/decode-request.js';
import type { CapabilityOverrides, Dialect } from '../capabilities.js';
import { CapabilityTable } from '../capability-table.js';
import { jsonBody } from '../json-body.js';
import type { OpenAiTarget } from '../openai/target.js';
import { encodeChatRequest } from '../openai-chat/encode-request.js';
import type { EncodedRequest } from '../openai/encoded-request.js';
import { ReasoningEnvelope } from '../reasoning-envelope.js';
import type { ChatMessage } from '../openai-chat/request-message.js';

export const table = new CapabilityTable();
export const envelope = new ReasoningEnvelope('a secret of the tests');

/** A model to translate for. */
export function target(
  model: string,
  dialect: Dialect = 'openai',
  overrides?: CapabilityOverrides,
): OpenAiTarget & { model: string } {
  return { model, capabilities: table.for(model, dialect, overrides), envelope };
}

/** The targets of the conformance table: no reasoning, reasoning, newest family, a DeepSeek-like server. */
export const C4 = target('gpt-4.1');
export const C5 = target('gpt-5.2');
export const C56 = target('gpt-5.6-sol');
export const DS = target('deepseek-chat', 'compat');

export const BASE = { model: 'claude-x', max_tokens: 4096, messages: [{ role: 'user', content: 'hi' }] };
export const TOOL = {
  name: 'Read',
  description: 'd',
  input_schema: { type: 'object', properties: { p: { type: 'string' } }, required: ['p'] },
};

/** One user message with these blocks, one assistant message, a system message in the conversation. */
export const U = (...content: readonly object[]) => ({ role: 'user', content });
export const A = (...content: readonly object[]) => ({ role: 'assistant', content });
export const S = (content: string | readonly object[]) => ({ role: 'system', content });
export const text = (text: string) => ({ type: 'text', text });
export const call = (id: string, input: object = {}, name = 'Read') => ({ type: 'tool_use', id, name, input });
export const result = (id: string, content?: unknown, more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  ...(content === undefined ? {} : { content }),
  ...more,
});
export const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } };
export const pdf = {
  type: 'document',
  title: 'r.pdf',
  source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
};

/** What is sent upstream. */
export interface Out {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly type: string; readonly function: Readonly<Record<string, unknown>> }[];
  readonly [parameter: string]: unknown;
}

export interface Encoded extends EncodedRequest {
  readonly out: Out;
  /** The body as text. */
  readonly json: string;
}

/** Translates a request given as an object (or as the body's text) for a target. */
export function encode(request: object | string, to: OpenAiTarget): Encoded {
  const body = jsonBody(Buffer.from(typeof request === 'string' ? request : JSON.stringify(request)));
  const encoded = encodeChatRequest(decodeAnthropicRequest(body), to);
  const json = encoded.body.toString();
  return { ...encoded, json, out: JSON.parse(json) as Out };
}

/** The messages of a conversation as they are sent. */
export function messages(
  conversation: readonly object[],
  to: OpenAiTarget = C4,
  more: object = {},
): readonly ChatMessage[] {
  return encode({ ...BASE, messages: conversation, ...more }, to).out.messages;
}

/** The texts of a message's parts. */
export function texts(message: ChatMessage | undefined): string[] {
  const content = message?.content ?? [];
  if (typeof content === 'string') return [content];
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`));
}

/** The refusal that a request meets. */
export function refusal(request: object, to: OpenAiTarget = C4): { status: number; type: string; message: string } {
  try {
    encode(request, to);
  } catch (error) {
    const { status, type, message } = error as { status: number; type: string; message: string };
    return { status, type, message };
  }
  throw new Error('the request was not refused');
}

/**
 * OpenAI's rules for the order of messages, written down from its API reference and its refusals, without any of the
 * translation's code. Returns what is wrong.
 */
export function orderFaults(sent: readonly ChatMessage[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  let open: string[] = [];
  if (sent.length === 0) faults.push('no messages');
  for (const [i, message] of sent.entries()) {
    if (message.role !== 'tool' && open.length > 0) {
      faults.push(`${i}: tool_calls must be followed by tool messages: ${open.join()}`);
      open = [];
    }
    const content = message.content;
    if (Array.isArray(content)) {
      if (content.length === 0) faults.push(`${i}: empty list of parts`);
      for (const part of content as readonly { type: string; text?: string }[]) {
        if (part.type === 'text' && part.text === '') faults.push(`${i}: empty text part`);
        if (message.role !== 'user' && part.type !== 'text') faults.push(`${i}: ${part.type} in ${message.role}`);
      }
    }
    switch (message.role) {
      case 'tool':
        if (!open.includes(message.tool_call_id)) faults.push(`${i}: tool message without its call`);
        open = open.filter((id) => id !== message.tool_call_id);
        if (content === undefined || content === null) faults.push(`${i}: tool message without content`);
        break;
      case 'assistant': {
        const calls = message.tool_calls ?? [];
        if (message.tool_calls?.length === 0) faults.push(`${i}: empty tool_calls`);
        if ((content === null || content === undefined) && calls.length === 0) faults.push(`${i}: empty assistant`);
        for (const { id, function: fn } of calls) {
          if (seen.has(id)) faults.push(`${i}: duplicate id ${id}`);
          if (id === '' || id.length > 40) faults.push(`${i}: id of ${id.length} characters`);
          if (!/^[A-Za-z0-9_-]{1,64}$/.test(fn.name)) faults.push(`${i}: function name ${fn.name}`);
          JSON.parse(fn.arguments);
          seen.add(id);
          open.push(id);
        }
        break;
      }
      case 'user':
      case 'system':
      case 'developer':
        if (content === '' || content === undefined || content === null) faults.push(`${i}: empty ${message.role}`);
        break;
      default:
        faults.push(`${i}: unknown role`);
    }
  }
  if (open.length > 0) faults.push(`end: tool_calls without tool messages: ${open.join()}`);
  return faults;
}

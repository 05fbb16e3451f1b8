import type { ChatMessage, ChatRequest } from './script.js';

/** What the suites look at in a request of the Responses API. */
interface ResponsesRequest {
  readonly model: string;
  readonly input: readonly Item[];
  readonly tools?: readonly { readonly type: string; readonly name?: string; readonly description?: string }[];
  readonly stream?: boolean;
  readonly max_output_tokens?: number;
  readonly reasoning?: { readonly effort?: string };
}

export interface Item {
  readonly type: string;
  readonly role?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly id?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly output?: string | readonly { readonly type: string; readonly text?: string }[];
}

/** The items of a request of the Responses API; empty for others. */
export function itemsOf(request: ChatRequest | undefined): readonly Item[] {
  return (request as { items?: readonly Item[] } | undefined)?.items ?? [];
}

/**
 * A request as one of Chat Completions, whatever endpoint it came to, so that scenarios read the same: what the model did
 * in one turn is one assistant message. `itemsOf` gives the items themselves.
 */
export function chatView(body: unknown): ChatRequest {
  const request = body as ResponsesRequest;
  if (!Array.isArray(request.input)) return body as ChatRequest;
  const { model, input, tools, stream, max_output_tokens: limit, reasoning } = request;
  const view = {
    model,
    messages: messagesOf(input),
    ...(tools && {
      tools: tools.map(({ type, name = type, description = '' }) => ({ type, function: { name, description } })),
    }),
    ...(stream !== undefined && { stream }),
    ...(limit !== undefined && { max_completion_tokens: limit }),
    ...(reasoning?.effort !== undefined && { reasoning_effort: reasoning.effort }),
    items: input,
  };
  return view;
}

function messagesOf(items: readonly Item[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let turn: Item[] = [];
  const close = (): void => {
    if (turn.length > 0) messages.push(assistantMessage(turn));
    turn = [];
  };
  for (const item of items) {
    if (item.type === 'reasoning' || item.type === 'function_call' || item.role === 'assistant') turn.push(item);
    else {
      close();
      if (item.type === 'function_call_output') {
        messages.push({ role: 'tool', tool_call_id: item.call_id ?? '', content: item.output ?? '' });
      } else if (item.type === 'message') messages.push({ role: item.role ?? '', content: item.content ?? '' });
    }
  }
  close();
  return messages;
}

function assistantMessage(turn: readonly Item[]): ChatMessage {
  const calls = turn.filter(({ type }) => type === 'function_call');
  return {
    role: 'assistant',
    content: turn.flatMap(({ type, content = [] }) => (type === 'message' ? content : [])),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ call_id: id = '', name = '' }) => ({ id, function: { name } })),
    }),
  };
}

import type { Fields } from './requests.js';
import { eventsOf, outOf, type Exchange } from './stage.js';

/** A request of the Responses API as it reached the upstream. */
export interface ResponsesOut {
  readonly input: readonly Item[];
  readonly tools?: readonly Fields[];
  readonly [parameter: string]: unknown;
}

export type Item = Fields & {
  readonly type: string;
  readonly role?: string;
  readonly content?: readonly (Fields & { readonly type: string; readonly text?: string })[];
};

/** The body that reached the Responses API. @throws when none did */
export function itemsOf(exchange: Exchange): ResponsesOut {
  const [first] = exchange.sent;
  const out = outOf(exchange) as unknown as ResponsesOut;
  if (first?.path !== '/v1/responses') throw new Error(`went to ${String(first?.path)}`);
  if (exchange.status !== 200) throw new Error(`answered with ${exchange.status}: ${exchange.text}`);
  return out;
}

/** Roles of messages and types of other items, in order. */
export const shape = ({ input }: ResponsesOut): string[] =>
  input.map(({ type, role }) => (type === 'message' ? String(role) : type));

export const inputText = (text: string): object => ({ type: 'input_text', text });
export const userItem = (...content: readonly object[]): object => ({ type: 'message', role: 'user', content });
export const said = (text: string): object => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
export const output = (call_id: string, value: unknown): object => ({
  type: 'function_call_output',
  call_id,
  output: value,
});

/** All that the deltas of a streamed answer bring in this member, joined. */
export const streamedText = (answer: Exchange, key: 'text' | 'thinking'): string =>
  eventsOf(answer)
    .flatMap(({ delta }) => (typeof delta?.[key] === 'string' ? [delta[key]] : []))
    .join('');

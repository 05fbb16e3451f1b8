import type { Effort } from '../models.js';
import type { JsonObject } from '../validation/checks.js';

/** The parts of a request to the Responses API that the simulation acts on, after validation. */
export interface ResponsesRequest {
  readonly model: string;
  readonly input: string | readonly InputItem[];
  readonly instructions?: string | null;
  readonly tools?: readonly ResponsesTool[];
  readonly tool_choice?: 'none' | 'auto' | 'required' | JsonObject;
  readonly parallel_tool_calls?: boolean | null;
  readonly reasoning?: {
    readonly effort?: Effort | null;
    readonly summary?: string | null;
    readonly generate_summary?: string | null;
  } | null;
  readonly text?: { readonly format?: JsonObject; readonly verbosity?: string | null };
  readonly max_output_tokens?: number | null;
  readonly include?: readonly string[] | null;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_obfuscation?: boolean } | null;
  readonly store?: boolean | null;
  readonly metadata?: JsonObject | null;
  readonly prompt_cache_key?: string | null;
  readonly prompt_cache_options?: { readonly mode?: 'implicit' | 'explicit' };
  readonly service_tier?: string | null;
  readonly [parameter: string]: unknown;
}

/** An item of the input; what its keys are follows from `type`. A message may leave `type` out. */
export type InputItem = JsonObject & { readonly type?: string; readonly role?: string };

export type ResponsesTool = JsonObject & { readonly type: string };

/** `message` items may omit their type. */
export const itemType = (item: InputItem): string => item.type ?? 'message';

/** The input as items: a string is one user message. */
export const inputItems = (request: ResponsesRequest): readonly InputItem[] =>
  typeof request.input === 'string' ? [{ type: 'message', role: 'user', content: request.input }] : request.input;

/** The text of a content list, parts joined by line breaks; other parts count for nothing. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part: JsonObject) => (typeof part['text'] === 'string' ? [part['text']] : [])).join('\n');
}

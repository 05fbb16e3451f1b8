import type { Effort } from '../models.js';
import type { JsonObject } from '../validation/checks.js';

/** The parts of a chat completion request that the simulation acts on, after validation. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[];
  readonly tool_choice?: 'none' | 'auto' | 'required' | ChatToolChoice;
  readonly parallel_tool_calls?: boolean;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean; readonly include_obfuscation?: boolean } | null;
  readonly n?: number | null;
  readonly logprobs?: boolean | null;
  readonly top_logprobs?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly reasoning_effort?: Effort | null;
  readonly response_format?: ChatResponseFormat;
  readonly metadata?: JsonObject | null;
  readonly store?: boolean | null;
  readonly service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | null;
  readonly prompt_cache_key?: string | null;
  readonly prompt_cache_options?: { readonly mode?: 'implicit' | 'explicit' };
  readonly [parameter: string]: unknown;
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  readonly content?: string | readonly ChatPart[] | null;
  readonly refusal?: string | null;
  readonly audio?: JsonObject | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly function_call?: JsonObject | null;
  readonly tool_call_id?: string;
  readonly reasoning_content?: string | null;
}

export type ChatPart =
  | { readonly type: 'text'; readonly text: string; readonly prompt_cache_breakpoint?: JsonObject }
  | { readonly type: 'refusal'; readonly refusal: string }
  | {
      readonly type: 'image_url';
      readonly image_url: { readonly url: string; readonly detail?: string };
      readonly prompt_cache_breakpoint?: JsonObject;
    }
  | {
      readonly type: 'file';
      readonly file: { readonly file_data?: string; readonly filename?: string };
      readonly prompt_cache_breakpoint?: JsonObject;
    };

export type ChatToolCall =
  | {
      readonly id: string;
      readonly type: 'function';
      readonly function: { readonly name: string; readonly arguments: string };
    }
  | {
      readonly id: string;
      readonly type: 'custom';
      readonly custom: { readonly name: string; readonly input: string };
    };

export type ChatTool =
  | { readonly type: 'function'; readonly function: FunctionDefinition }
  | { readonly type: 'custom'; readonly custom: { readonly name: string } };

export interface FunctionDefinition {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonObject;
  readonly strict?: boolean | null;
}

export type ChatToolChoice =
  | { readonly type: 'function'; readonly function: { readonly name: string } }
  | { readonly type: 'custom'; readonly custom: { readonly name: string } }
  | { readonly type: 'allowed_tools'; readonly allowed_tools: { readonly mode: 'auto' | 'required' } };

export type ChatResponseFormat =
  | { readonly type: 'text' | 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: { readonly name: string; readonly schema?: JsonObject; readonly strict?: boolean | null };
    };

/** The name of a tool, whatever its kind. */
export const toolName = (tool: ChatTool): string => (tool.type === 'function' ? tool.function.name : tool.custom.name);

/** The text of a message, its parts joined by line breaks; other parts count for nothing. */
export function messageText(message: ChatMessage): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** Messages of a Chat Completions request, as the API reference of OpenAI names them. */

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** Ends a prefix that is to be cached; models from gpt-5.6 on. */
  prompt_cache_breakpoint?: { readonly mode: 'explicit' };
}

export interface ImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string; readonly detail: 'high' };
}

export interface FilePart {
  readonly type: 'file';
  readonly file: { readonly filename: string; readonly file_data: string };
}

export type MediaPart = ImagePart | FilePart;
export type ChatPart = TextPart | MediaPart;
export type ChatContent = string | readonly ChatPart[];

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface AssistantMessage {
  role: 'assistant';
  content?: ChatContent | null;
  reasoning_content?: string;
  tool_calls?: readonly ToolCall[];
}

export type ChatMessage =
  | { readonly role: 'system' | 'developer' | 'user'; readonly content: ChatContent }
  | AssistantMessage
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: ChatContent };

import type { MarkablePart } from '../openai/cache-breakpoints.js';

/** Items of the `input` of a Responses request, as the API reference of OpenAI names them. */

export interface InputText extends MarkablePart {
  readonly type: 'input_text';
  readonly text: string;
}

export interface InputImage extends MarkablePart {
  readonly type: 'input_image';
  readonly image_url: string;
  readonly detail: 'high';
}

export type InputFile = MarkablePart & { readonly type: 'input_file' } & (
    { readonly filename: string; readonly file_data: string } | { readonly file_url: string }
  );

export type InputPart = InputText | InputImage | InputFile;

export interface InputMessage {
  readonly type: 'message';
  readonly role: 'user' | 'developer' | 'system';
  readonly content: readonly InputPart[];
}

/** Without an id: with `store: false` nothing is known by one. */
export interface AssistantMessage {
  readonly type: 'message';
  readonly role: 'assistant';
  readonly content: { readonly type: 'output_text'; readonly text: string }[];
  readonly phase?: string;
}

export interface FunctionCall {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface FunctionCallOutput {
  readonly type: 'function_call_output';
  readonly call_id: string;
  readonly output: string | readonly InputPart[];
}

export interface Reasoning {
  readonly type: 'reasoning';
  readonly id: string;
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[];
  readonly encrypted_content: string;
}

/** Tools that the model gets to know at this place of the conversation. */
export interface AdditionalTools {
  readonly type: 'additional_tools';
  readonly role: 'developer';
  readonly tools: readonly object[];
}

export type InputItem =
  InputMessage | AssistantMessage | FunctionCall | FunctionCallOutput | Reasoning | AdditionalTools;

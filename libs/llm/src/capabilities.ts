import type { Effort } from './canonical/request.js';

/** Whose server it is: OpenAI's own (or Azure's), or one that speaks Chat Completions in its own way. */
export type Dialect = 'openai' | 'compat';

/** What a model takes on its endpoints. A frozen object; equal facts have one identity until something is learnt. */
export interface Capabilities {
  /** Endpoints that serve the model, the better one first. */
  readonly endpoints: readonly ('responses' | 'chat')[];
  /** Tokens of input and output together; undefined: not known. */
  readonly contextWindow: number | undefined;
  /** Output tokens at most; a larger `max_tokens` is clamped. Undefined: not known. */
  readonly maxOutput: number | undefined;
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens';
  /** The role of instructions is `developer`, else `system`. */
  readonly developerRole: boolean;
  /** Instructions may stand after the first message, else they are given inside the user's turn. */
  readonly systemAnywhere: boolean;
  /** `temperature` and `top_p` are accepted. */
  readonly temperature: boolean;
  readonly topK: boolean;
  /** Accepted `reasoning_effort` words, weakest first; empty: no reasoning, or none that can be steered. */
  readonly efforts: readonly Effort[];
  /** Chat Completions takes function tools together with reasoning. */
  readonly reasoningWithToolsOnChat: boolean;
  /** Earlier `reasoning_content`: not sent, sent where it is known, or demanded in every assistant message. */
  readonly reasoningContent: 'drop' | 'replay' | 'require';
  /** The text may begin with the reasoning, between `<think>` and `</think>`. */
  readonly thinkTags: boolean;
  readonly vision: boolean;
  readonly pdf: boolean;
  /** `stream_options.include_usage`. */
  readonly streamUsage: boolean;
  /** `stream_options.include_obfuscation`. */
  readonly streamObfuscation: boolean;
  /** The Responses API takes tools during a conversation, as items of type `additional_tools`. */
  readonly additionalTools: boolean;
  /** `reasoning.summary`; OpenAI gives summaries to verified organisations alone. */
  readonly reasoningSummary: boolean;
  /** `prompt_cache_breakpoint` on parts. */
  readonly cacheBreakpoints: boolean;
  /** `prompt_cache_key` and `safety_identifier`. */
  readonly cacheKey: boolean;
  readonly serviceTier: boolean;
  readonly parallelToolCalls: boolean;
  /** `strict` in function definitions and JSON schemas. */
  readonly strict: boolean;
  /** Functions at most in one request. */
  readonly toolLimit: number;
  /** `response_format`: a schema, only any JSON object, or nothing. */
  readonly structuredOutput: 'json_schema' | 'json_object' | 'none';
  /** Text of a message may be a list of parts; a message with an image always is. */
  readonly textParts: boolean;
  /** The same for `tool` messages. */
  readonly arrayToolContent: boolean;
  /** A `tool` message may be empty. */
  readonly emptyToolContent: boolean;
  /** How images are counted, see `tokens.ts`. */
  readonly imageTokens: ImageTokens;
  /** Parameters to leave out, rename or set before sending, as learnt from refusals. Dots reach into objects. */
  readonly adjustments: readonly Adjustment[];
  /** Upstream names of tools whose schema was refused → what to do with them. */
  readonly refusedTools: ReadonlyMap<string, 'open' | 'omit'>;
}

export type ImageTokens =
  | { readonly kind: 'tiles'; readonly base: number; readonly tile: number }
  | { readonly kind: 'patches'; readonly factor: number };

export type Adjustment =
  | { readonly kind: 'drop'; readonly parameter: string }
  | { readonly kind: 'rename'; readonly parameter: string; readonly to: string }
  | { readonly kind: 'set'; readonly parameter: string; readonly value: unknown };

/** The operator's word about a model, as it stands in the declarative file; wins over the table, not over what is learnt. */
export interface CapabilityOverrides {
  readonly context_window?: number | undefined;
  readonly max_output_tokens?: number | undefined;
  readonly max_tokens_field?: 'max_tokens' | 'max_completion_tokens' | undefined;
  readonly developer_role?: boolean | undefined;
  readonly temperature?: boolean | undefined;
  readonly top_k?: boolean | undefined;
  /** Words of `reasoning_effort`, weakest first; unknown words are passed over. */
  readonly reasoning_efforts?: readonly string[] | undefined;
  readonly reasoning_content?: boolean | undefined;
  readonly think_tags?: boolean | undefined;
  readonly vision?: boolean | undefined;
  readonly pdf?: boolean | undefined;
  readonly stream_usage?: boolean | undefined;
  readonly array_tool_content?: boolean | undefined;
  readonly prompt_cache_breakpoints?: boolean | undefined;
}

/** From weakest to strongest. */
export const EFFORT_ORDER: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

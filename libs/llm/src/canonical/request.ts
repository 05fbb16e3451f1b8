import type { TextEncodingForm } from './text.js';

/**
 * The request in the middle: a superset of Anthropic's Messages request, the richest grammar of the formats. Messages, blocks
 * and tools keep the shape they have on the wire and are not copied; decoding checks them and lifts the top-level fields.
 *
 * Unless a field says otherwise its strings are in the form of `encoding`.
 */
export interface CanonicalRequest {
  readonly encoding: TextEncodingForm;
  /** As the client named it, ordinary text. */
  readonly model: string;
  readonly stream: boolean;
  /** Undefined only in a request that is not to be generated, such as one to be counted. 0 asks to warm the cache. */
  readonly maxTokens: number | undefined;
  readonly system: string | readonly TextBlock[] | undefined;
  readonly messages: readonly Message[];
  /** Often the same frozen array in every request that brings the same definitions, so that work on it can be kept. */
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /** False when the client wants at most one tool call per answer. */
  readonly parallelToolCalls: boolean;
  readonly thinking: Thinking | undefined;
  readonly effort: Effort | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  /** Ordinary text, none empty. */
  readonly stopSequences: readonly string[];
  /** JSON schema of the answer. */
  readonly outputSchema: JsonSchema | undefined;
  /** Edits of the history that the client asked for; undefined when it sent no `context_management`. */
  readonly contextEdits: readonly ContextEdit[] | undefined;
  readonly user: RequestUser | undefined;
  readonly serviceTier: string | undefined;
  readonly speed: string | undefined;
  /** Request-wide cache mark: as if it stood on the last block that can carry one. */
  readonly cacheControl: CacheControl | undefined;
  /** The client wants the provider's safety check of the agent's actions. */
  readonly safeguards: boolean;
  /** The body holds only what came after an earlier answer, which the provider is to remember. */
  readonly continuesThread: boolean;
  /** Names of top-level fields that have no counterpart here, ordinary text, at most 32. */
  readonly unknownFields: readonly string[];
}

export type Role = 'user' | 'assistant' | 'system';

/** A turn, or with role `system` an instruction that takes effect at its place in the conversation. */
export interface Message {
  readonly role: Role;
  readonly content?: string | readonly Block[];
  /** System messages only. */
  readonly output_config?: { readonly effort?: Effort | null } | null;
  /** System messages only: `next_user_message` hides the text once a later user message exists. */
  readonly clear_at?: string | null;
}

/**
 * Blocks by `type`. A newer client may send a type that is not listed: it passes decoding with any fields, and every `switch`
 * over blocks treats it in its default branch (`UnknownBlock`).
 */
export type Block =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | SearchResultBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | ToolReferenceBlock
  | BrowserStateBlock
  | ServerToolUseBlock
  | ServerToolResultBlock
  | CompactionBlock
  | ToolChangeBlock;

interface Cacheable {
  readonly cache_control?: CacheControl | null;
}

export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: string;
}

export interface TextBlock extends Cacheable {
  readonly type: 'text';
  readonly text: string;
}

export interface ImageBlock extends Cacheable {
  readonly type: 'image';
  readonly source: ImageSource;
  readonly transformations?: { readonly oversized_image?: string } | null;
}

export type ImageSource =
  | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'file'; readonly file_id: string };

export interface DocumentBlock extends Cacheable {
  readonly type: 'document';
  readonly source:
    | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
    | { readonly type: 'text'; readonly media_type?: string; readonly data: string }
    | { readonly type: 'content'; readonly content: string | readonly (TextBlock | ImageBlock)[] }
    | { readonly type: 'url'; readonly url: string }
    | { readonly type: 'file'; readonly file_id: string };
  readonly title?: string | null;
  readonly context?: string | null;
}

export interface SearchResultBlock extends Cacheable {
  readonly type: 'search_result';
  readonly source: string;
  readonly title: string;
  readonly content: readonly TextBlock[];
}

export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly thinking: string;
  /** Absent or empty from some clients. */
  readonly signature?: string;
}

export interface RedactedThinkingBlock {
  readonly type: 'redacted_thinking';
  readonly data?: string;
}

export interface ToolUseBlock extends Cacheable {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input?: object | null;
  /** `browser` or `computer`: `name` is then a member of that toolset. */
  readonly toolset_name?: string | null;
}

export interface ToolResultBlock extends Cacheable {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content?: string | readonly Block[] | null;
  readonly is_error?: boolean;
}

export interface ToolReferenceBlock extends Cacheable {
  readonly type: 'tool_reference';
  readonly tool_name: string;
}

export interface BrowserStateBlock extends Cacheable {
  readonly type: 'browser_state';
  readonly tabs?: readonly { readonly title?: string; readonly url?: string; readonly active?: boolean }[];
}

export interface ServerToolUseBlock extends Cacheable {
  readonly type: 'server_tool_use' | 'mcp_tool_use';
  readonly id: string;
  readonly name: string;
  readonly input?: unknown;
}

/** Result of a tool that the provider ran. `content` differs by type and is read field by field. */
export interface ServerToolResultBlock extends Cacheable {
  readonly type:
    | 'web_search_tool_result'
    | 'web_fetch_tool_result'
    | 'code_execution_tool_result'
    | 'bash_code_execution_tool_result'
    | 'text_editor_code_execution_tool_result'
    | 'tool_search_tool_result'
    | 'mcp_tool_result';
  readonly tool_use_id: string;
  readonly content?: unknown;
}

/** Stands for everything before it; `content` null means that the summary failed and the history still counts. */
export interface CompactionBlock extends Cacheable {
  readonly type: 'compaction';
  readonly content?: string | null;
  readonly tool_changes?: readonly ToolChangeBlock[] | null;
}

/** Changes the set of tools from its place on. */
export interface ToolChangeBlock extends Cacheable {
  readonly type: 'tool_addition' | 'tool_removal';
  readonly tool: { readonly type: string; readonly name?: string; readonly definition?: Tool };
}

/** A block of a type that `Block` does not list. */
export interface UnknownBlock extends Cacheable {
  readonly type: string;
  readonly text?: unknown;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A tool that the client runs (`type` absent, `custom` or one of Anthropic's typed client tools such as `bash_20250124`) or
 * that the provider is to run (`web_search_20250305` …).
 */
export interface Tool extends Cacheable {
  readonly type?: string | null;
  /** Absent only in toolsets. */
  readonly name?: string;
  readonly description?: string;
  readonly input_schema?: JsonSchema;
  readonly strict?: boolean;
  /** Not shown to the model before a `tool_reference` or a `tool_addition` names the tool. */
  readonly defer_loading?: boolean;
  readonly input_examples?: readonly unknown[];
  readonly [option: string]: unknown;
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'any' }
  | { readonly type: 'none' }
  | { readonly type: 'tool'; readonly name: string };

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface Thinking {
  /** `enabled`, `adaptive`, `between_tools`, `disabled` or a mode of a newer client. */
  readonly type: string;
  /** Tokens; with `enabled`. */
  readonly budgetTokens: number | undefined;
  /** `summarized`, `omitted`, `updates`; undefined: the model's default. */
  readonly display: string | undefined;
}

/** Who asks, taken from `metadata.user_id`; ordinary text. */
export interface RequestUser {
  readonly id: string;
  /** Claude Code writes it into the id. */
  readonly sessionId: string | undefined;
  /** The part of the id that stays the same over sessions: account or device. */
  readonly account: string;
}

/** How the history is to be shortened before the model sees it. Token and turn counts as the client gave them. */
export type ContextEdit =
  | {
      readonly type: 'clear_tool_uses_20250919';
      readonly trigger: { readonly type: 'input_tokens' | 'tool_uses'; readonly value: number };
      /** Most recent tool uses to keep. */
      readonly keep: number;
      /** Tokens that must be gained, else nothing is cleared. */
      readonly clearAtLeast: number;
      readonly excludeTools: readonly string[];
      /** All tools' inputs, or those of the tools named. */
      readonly clearToolInputs: boolean | readonly string[];
    }
  | {
      readonly type: 'clear_thinking_20251015';
      /** Most recent assistant turns that keep their thinking. */
      readonly keep: number | 'all';
    }
  /** An edit that the gateway cannot make, e.g. `compact_20260112`. */
  | { readonly type: 'unsupported'; readonly name: string };

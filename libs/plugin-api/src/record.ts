import type { ConsumerEntity, RouteEntity, ServiceEntity } from './entities.js';

export type Outcome = 'completed' | 'client_aborted' | 'upstream_failed' | 'rejected' | 'interrupted';

/** One attempt to reach an upstream, as Kong logs it. */
export interface UpstreamTry {
  ip: string;
  port: number;
  /** Milliseconds since 1970. */
  balancer_start: number;
  /** Nanoseconds since 1970. */
  balancer_start_ns: number;
  /** Milliseconds spent in choosing and connecting. */
  balancer_latency: number;
  balancer_latency_ns: number;
  /** Only on a failed attempt. */
  state?: 'failed' | 'next';
  /** HTTP status of a failed attempt, when there was one. */
  code?: number;
}

/** Counts are tokens; OpenAI's meaning: `prompt_tokens` includes cached and cache-written ones, `completion_tokens` includes reasoning. */
export interface TokenUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; cache_write_tokens: number; audio_tokens: number };
  completion_tokens_details: {
    reasoning_tokens: number;
    accepted_prediction_tokens: number;
    rejected_prediction_tokens: number;
    audio_tokens: number;
  };
}

/** What was asked of the model, as far as it was said, by the client or by the operator in its place. */
export interface AiParameters {
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  seed?: number;
  /** How many answers. */
  choiceCount?: number;
  stopSequences?: readonly string[];
  /** `low`, `high`, … */
  reasoningLevel?: string;
  outputType?: 'text' | 'json';
}

export type WireFormatName = 'anthropic' | 'openai-chat' | 'openai-responses';

/** What an AI plugin knows of the exchange. It fills this in as it goes; times are `performance.now()`. */
export interface AiFacts {
  pluginId: string;
  provider: string;
  /** The model asked of the upstream. */
  requestModel: string;
  /** The model the client named. */
  clientModel: string | undefined;
  responseModel: string | undefined;
  mode: 'oneshot' | 'stream';
  operation?: 'chat' | 'text_completion' | 'embeddings';
  parameters?: AiParameters;
  /** The upstream's own id of the answer. */
  responseId?: string | undefined;
  from: WireFormatName;
  to: WireFormatName;
  lossy: string[];
  /** When the plugin took over. */
  startedMono: number;
  /** First content byte handed to the client. */
  firstContentMono: number | undefined;
  /** End of the upstream's body. */
  finishedMono: number | undefined;
  usage: TokenUsage | undefined;
  /** True when the upstream gave no usage and the numbers were counted here. */
  estimated: boolean;
  /** USD, `null` when no price is known. */
  cost: number | null;
  /** Version of the price table or `config`. */
  priceSource: string | undefined;
  stopReason: string | undefined;
  /** Names of the tools the model called, in order. */
  toolCalls: string[];
  /** Raw upstream error text, scrubbed; for the log only. */
  upstreamError: { status: number | undefined; type: string | undefined; message: string } | undefined;
  /** Present with `logging.log_payloads`. */
  payload: { request: PayloadCapture | undefined; response: PayloadCapture | undefined } | undefined;
  /** False leaves `ai` out of the record (`logging.log_statistics: false`). */
  logStatistics: boolean;
}

/** Body text as logged. `bytes` and `sha256` are those of the whole body when it was cut. */
export interface PayloadCapture {
  text: string;
  truncated?: { bytes: number; sha256: string };
}

/** Who works: as far as the client tells it. */
export interface AgentFacts {
  session_id?: string;
  agent_id?: string;
  parent_agent_id?: string;
  /** What the request is for: `main`, `subagent`, `compaction` …; the client's word, or judged by the request. */
  request_class?: string;
  client?: string;
  client_version?: string;
  /** 16 hex digits that stand for the person or account: the same over sessions, and not to be traced back. */
  user_hash?: string;
}

/** One exchange as every log sink gets it: Kong's serializer plus `ai`, `agent` and `exchange`. */
export interface LogRecord {
  readonly request: {
    readonly id: string;
    readonly method: string;
    readonly uri: string;
    readonly url: string;
    readonly querystring: Readonly<Record<string, string | true | readonly (string | true)[]>>;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    /** Bytes: request line, headers and body. */
    readonly size: number;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    /** Bytes sent, headers included. */
    readonly size: number;
  };
  /** Milliseconds; `proxy` is -1 when nothing was proxied. */
  readonly latencies: {
    readonly kong: number;
    readonly proxy: number;
    readonly request: number;
    readonly receive: number;
  };
  readonly tries: readonly UpstreamTry[];
  readonly service?: ServiceEntity;
  readonly route?: RouteEntity;
  readonly consumer?: ConsumerEntity;
  readonly client_ip: string;
  readonly started_at: number;
  readonly upstream_uri: string;
  /** The upstream's status as Kong writes it: a string, several tries joined by `, `, empty when there was none. */
  readonly upstream_status: string;
  readonly source: 'upstream' | 'kong';
  readonly workspace: string;
  readonly workspace_name: string;
  readonly ai?: AiRecord;
  readonly agent?: AgentFacts;
  readonly exchange: {
    readonly id: string;
    readonly node: string;
    readonly seq: number;
    readonly outcome: Outcome;
  };
  /** Present when the gateway or the upstream failed the exchange. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface AiMeta {
  readonly request_model: string;
  readonly response_model: string;
  readonly provider_name: string;
  readonly request_mode: 'oneshot' | 'stream';
  /** Milliseconds, integer: from taking over to the end of the upstream's body. */
  readonly llm_latency: number;
  readonly plugin_id: string;
}

export interface AiUsageRecord extends TokenUsage {
  /** Milliseconds per completion token over the whole latency. */
  readonly time_per_token: number;
  /** Milliseconds until the first content byte went to the client. */
  readonly time_to_first_token: number;
  readonly cost: number | null;
  readonly estimated: boolean;
}

export interface AiRecord {
  readonly meta: AiMeta;
  readonly usage: AiUsageRecord;
  readonly proxy: { readonly meta: AiMeta; readonly usage: AiUsageRecord; readonly tried_targets?: readonly unknown[] };
  readonly translation: {
    readonly from: WireFormatName;
    readonly to: WireFormatName;
    readonly lossy: readonly string[];
  };
  readonly payload?: PayloadRecord;
  readonly stop_reason?: string;
  readonly tool_calls?: readonly string[];
  readonly price_source?: string;
}

/** Body texts as Kong logs them, raw strings; one that was cut has its full size and digest beside it. */
export interface PayloadRecord {
  readonly request?: string;
  readonly request_truncated?: { readonly bytes: number; readonly sha256: string };
  readonly response?: string;
  readonly response_truncated?: { readonly bytes: number; readonly sha256: string };
}

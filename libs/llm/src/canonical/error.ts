/**
 * The error types of Anthropic's API, the richest list among the formats; every decoder maps into it, every encoder out of it.
 */
export type LlmErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'api_error'
  | 'overloaded_error'
  | 'not_supported';

/** What the gateway may do about an upstream's refusal before it tells the client. */
export type Remedy =
  /** Send the request again without (or with another value of) this parameter and remember it for the model. */
  | { readonly kind: 'drop_parameter'; readonly parameter: string }
  | { readonly kind: 'rename_parameter'; readonly parameter: string; readonly to: string }
  | {
      readonly kind: 'set_parameter';
      readonly parameter: string;
      readonly value: unknown;
      /** All values that the upstream takes, where it has told them. */
      readonly supported?: readonly string[];
    }
  /** The tool named is refused for its schema: send it with an open schema, then without it. */
  | { readonly kind: 'relax_tool'; readonly tool: string }
  /** The upstream wants no reasoning items back. */
  | { readonly kind: 'strip_reasoning' }
  /** The answer was unusable: ask once more, unchanged. */
  | { readonly kind: 'retry' };

export interface LlmErrorOptions {
  readonly status: number;
  readonly type: LlmErrorType;
  /** Response headers for the client, lower-case: `retry-after`, `retry-after-ms`, `x-should-retry`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly remedy?: Remedy;
  /** What the upstream said, for the log only. */
  readonly upstream?: { readonly status?: number; readonly code?: string; readonly message?: string };
  readonly cause?: unknown;
}

/** A refusal or failure in the terms of the model world. `message` is one line, shown to the client, free of secrets. */
export class LlmError extends Error {
  readonly status: number;
  readonly type: LlmErrorType;
  readonly headers: Readonly<Record<string, string>>;
  readonly remedy: Remedy | undefined;
  readonly upstream: LlmErrorOptions['upstream'];

  constructor(message: string, options: LlmErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'LlmError';
    this.status = options.status;
    this.type = options.type;
    this.headers = options.headers ?? {};
    this.remedy = options.remedy;
    this.upstream = options.upstream;
  }
}

/** The caller's own mistake: HTTP 400, `invalid_request_error`. */
export function invalidRequest(message: string): LlmError {
  return new LlmError(message, { status: 400, type: 'invalid_request_error' });
}

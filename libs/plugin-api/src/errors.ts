/**
 * Every way the gateway itself refuses or fails an exchange: code, HTTP status, message.
 * A client format turns a code into its own body; where no AI format is known, Kong's
 * `{"message","request_id"}` is used. `%s` takes the error's `detail`.
 */
export const GATEWAY_ERRORS = {
  no_route: { status: 404, message: 'no Route matched with those values' },
  not_found: { status: 404, message: 'Not found: %s' },
  model_not_found: { status: 404, message: 'model: %s' },
  not_supported: { status: 501, message: '%s is not supported by this gateway' },
  https_required: { status: 426, message: 'Please use HTTPS protocol' },
  bad_request: { status: 400, message: '%s' },
  unauthorized: { status: 401, message: '%s' },
  forbidden: { status: 403, message: '%s' },
  body_too_large: { status: 413, message: 'Payload too large: %s' },
  unsupported_encoding: { status: 415, message: 'Unsupported content-encoding: %s' },
  headers_too_large: { status: 431, message: 'Request header fields too large' },
  malformed_http: { status: 400, message: 'Bad request: %s' },
  rate_limited: { status: 429, message: '%s' },
  internal: { status: 500, message: 'An unexpected error occurred' },
  upstream_refused: { status: 502, message: '%s' },
  invalid_upstream_response: { status: 502, message: 'An invalid response was received from the upstream server: %s' },
  upstream_unreachable: { status: 502, message: 'The upstream server could not be reached: %s' },
  upstream_credential_rejected: { status: 502, message: 'The upstream server rejected the credential of the gateway' },
  unavailable: { status: 503, message: 'The upstream server is currently unavailable: %s' },
  not_configured: { status: 503, message: '%s' },
  records_full: { status: 503, message: 'The gateway has no room left for the records of its exchanges' },
  draining: { status: 503, message: 'The gateway is shutting down' },
  overloaded: { status: 529, message: '%s' },
  upstream_timeout: { status: 504, message: 'The upstream server is timing out: %s' },
} as const satisfies Record<string, { status: number; message: string }>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

export interface GatewayErrorOptions {
  /** Replaces the table's sentence, e.g. by wording that a client acts on. One line, free of secrets. */
  readonly message?: string;
  /** Fills `%s` of the code's message. Must be one line and free of secrets: the client sees it. */
  readonly detail?: string;
  /** Response headers, lower-case names, e.g. `retry-after`, `x-should-retry`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Overrides the status of the table, e.g. the upstream's own status. */
  readonly status?: number;
  /** The error type of the client's format when the status alone does not tell it, e.g. `overloaded_error`. */
  readonly type?: string;
  /** For the log only; never shown to the client. */
  readonly cause?: unknown;
}

/** Thrown anywhere in the request path; the proxy answers it in the client's own format. */
export class GatewayError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly type: string | undefined;

  constructor(
    readonly code: GatewayErrorCode,
    options: GatewayErrorOptions = {},
  ) {
    const row = GATEWAY_ERRORS[code];
    super(options.message ?? row.message.replace('%s', () => options.detail ?? code), { cause: options.cause });
    this.name = 'GatewayError';
    this.status = options.status ?? row.status;
    this.headers = options.headers ?? {};
    this.type = options.type;
  }
}

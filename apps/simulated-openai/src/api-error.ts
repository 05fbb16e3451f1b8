/** OpenAI's error body: exactly these four keys inside `error`, absent ones `null`. */
export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ApiErrorDetails {
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  /** Response headers, lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of the API itself, as opposed to a scripted failure. Messages follow the wording of the real API. */
export class ApiError extends Error {
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    message: string,
    details: ApiErrorDetails = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.type = details.type ?? 'invalid_request_error';
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }

  get body(): ApiErrorBody {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** A 400 `invalid_request_error`. */
export function invalidRequest(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError(400, message, { param, code });
}

/** The model does not know the parameter at all. `hint` is a further sentence. */
export function unsupportedParameter(param: string, hint = ''): ApiError {
  const message = `Unsupported parameter: '${param}' is not supported with this model.${hint && ` ${hint}`}`;
  return invalidRequest(message, param, 'unsupported_parameter');
}

/** `'a', 'b', and 'c'`, as OpenAI lists allowed values. */
export function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  if (quoted.length <= 1) return quoted.join('');
  if (quoted.length === 2) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}

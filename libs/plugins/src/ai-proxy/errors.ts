import { LlmError } from '#libs/llm';
import { ClientGoneError, GatewayError, UpstreamFailure, type Exchange, type GatewayErrorCode } from '#libs/plugin-api';

const CODE_OF_TYPE: Readonly<Record<LlmError['type'], GatewayErrorCode>> = {
  invalid_request_error: 'bad_request',
  authentication_error: 'unauthorized',
  billing_error: 'rate_limited',
  permission_error: 'forbidden',
  not_found_error: 'not_found',
  request_too_large: 'body_too_large',
  rate_limit_error: 'rate_limited',
  timeout_error: 'upstream_timeout',
  api_error: 'upstream_refused',
  overloaded_error: 'overloaded',
  not_supported: 'not_supported',
};

/** The client's view of a failure in the model world; wording, status and type stay as the formats' rules made them. */
export function toGatewayError(error: LlmError): GatewayError {
  return new GatewayError(CODE_OF_TYPE[error.type], {
    message: error.message,
    status: error.status,
    type: error.type,
    headers: error.headers,
    cause: error,
  });
}

/** The upstream gave no (whole) answer. */
export function fromUpstreamFailure(failure: UpstreamFailure): GatewayError {
  switch (failure.reason) {
    case 'headers_timeout':
    case 'body_timeout':
    case 'connect_timeout':
      return new GatewayError('upstream_timeout', { detail: failure.message, type: 'timeout_error', cause: failure });
    case 'protocol':
      return new GatewayError('invalid_upstream_response', { detail: failure.message, cause: failure });
    default:
      return new GatewayError('upstream_unreachable', { detail: failure.message, cause: failure });
  }
}

/** Whatever the pipeline threw → what the proxy answers; leaves the upstream's side of it on the exchange for the record. */
export function failExchange(exchange: Exchange, error: unknown): Error {
  if (error instanceof ClientGoneError || error instanceof GatewayError) return error;
  if (error instanceof LlmError) {
    if (error.upstream) {
      exchange.outcome = 'upstream_failed';
      noteUpstreamError(exchange, error);
    }
    return toGatewayError(error);
  }
  if (error instanceof UpstreamFailure) {
    exchange.outcome = 'upstream_failed';
    return fromUpstreamFailure(error);
  }
  return error instanceof Error ? error : new Error(String(error));
}

export function noteUpstreamError(exchange: Exchange, error: LlmError): void {
  if (!exchange.ai || !error.upstream) return;
  exchange.ai.upstreamError = {
    status: error.upstream.status,
    type: error.upstream.code,
    message: error.upstream.message ?? error.message,
  };
}

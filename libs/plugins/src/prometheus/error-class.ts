import type { AiFacts, GatewayError, LifecycleEvent } from '#libs/plugin-api';

/** Why an exchange failed, first of all by whose fault it is: the caller’s, a policy’s, the provider’s, the gateway’s own. */
export const ERROR_CLASSES = [
  'caller_bad_request',
  'caller_unauthorized',
  'caller_not_found',
  'caller_too_large',
  'caller_gone',
  'policy_forbidden',
  'policy_rate_limited',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_timeout',
  'provider_unreachable',
  'provider_invalid_response',
  'provider_refused',
  'provider_credential',
  'self_not_configured',
  'self_records_full',
  'self_draining',
  'self_internal',
  'other',
] as const;

export type ErrorClass = (typeof ERROR_CLASSES)[number];

type Finished = Extract<LifecycleEvent, { type: 'exchange.finished' }>;

/** Undefined when nothing failed. */
export function errorClass({ error, exchange, record }: Finished): ErrorClass | undefined {
  if (error) return classOfGatewayError(error, exchange.tries.length > 0);
  if (record.exchange.outcome === 'client_aborted') return 'caller_gone';
  if (exchange.ai?.upstreamError) return classOfUpstream(exchange.ai.upstreamError);
  return record.exchange.outcome === 'upstream_failed' ? 'provider_invalid_response' : undefined;
}

/** The upstream's error went to the client as it was. */
function classOfUpstream({ status }: NonNullable<AiFacts['upstreamError']>): ErrorClass {
  switch (status) {
    case 401:
    case 403:
      return 'provider_credential';
    case 408:
    case 504:
      return 'provider_timeout';
    case 429:
      return 'provider_rate_limited';
    default:
      return status !== undefined && status >= 500 ? 'provider_overloaded' : 'provider_refused';
  }
}

/** @param asked the upstream has been asked before it failed. */
function classOfGatewayError({ code, status }: GatewayError, asked: boolean): ErrorClass {
  switch (code) {
    case 'rate_limited':
      return asked ? 'provider_rate_limited' : 'policy_rate_limited';
    case 'forbidden':
      return asked ? 'provider_refused' : 'policy_forbidden';
    case 'bad_request':
    case 'malformed_http':
    case 'headers_too_large':
    case 'unsupported_encoding':
    case 'https_required':
      return 'caller_bad_request';
    case 'unauthorized':
      return 'caller_unauthorized';
    case 'no_route':
    case 'not_found':
    case 'model_not_found':
    case 'not_supported':
      return asked ? 'provider_refused' : 'caller_not_found';
    case 'body_too_large':
      return 'caller_too_large';
    case 'overloaded':
    case 'unavailable':
      return 'provider_overloaded';
    case 'upstream_timeout':
      return 'provider_timeout';
    case 'upstream_unreachable':
      return 'provider_unreachable';
    case 'invalid_upstream_response':
      return 'provider_invalid_response';
    case 'upstream_credential_rejected':
      return 'provider_credential';
    case 'upstream_refused':
      return status === 502 ? 'provider_invalid_response' : 'provider_refused';
    case 'not_configured':
      return 'self_not_configured';
    case 'records_full':
      return 'self_records_full';
    case 'draining':
      return 'self_draining';
    case 'internal':
      return 'self_internal';
    default:
      return 'other';
  }
}

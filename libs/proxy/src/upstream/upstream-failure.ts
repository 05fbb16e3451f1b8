import { GatewayError, UpstreamFailure, type UpstreamFailureReason } from '#libs/plugin-api';

const REASON_BY_CODE = new Map<string, UpstreamFailureReason>([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['EAI_FAIL', 'dns'],
  ['ECONNREFUSED', 'connect'],
  ['EHOSTUNREACH', 'connect'],
  ['ENETUNREACH', 'connect'],
  ['EADDRNOTAVAIL', 'connect'],
  ['EMFILE', 'connect'],
  ['ENFILE', 'connect'],
  ['EACCES', 'connect'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
]);

/** Sentences without host or address: clients see them. */
const SENTENCES: Readonly<Record<UpstreamFailureReason, string>> = {
  dns: 'its name could not be resolved',
  connect: 'the connection was refused',
  tls: 'no secure connection could be made',
  connect_timeout: 'no connection in time',
  headers_timeout: 'no response in time',
  body_timeout: 'the response stalled',
  reset: 'the connection was closed too early',
  protocol: 'its response is not valid HTTP/1.1',
  aborted: 'the request was given up',
};

/** What went wrong, for a reason that the connection itself has found. */
export function upstreamFailure(reason: UpstreamFailureReason, cause?: Error): UpstreamFailure {
  return new UpstreamFailure(reason, SENTENCES[reason], { cause });
}

/** Names what went wrong in an error of a socket or of who reads from it. */
export function classifyFailure(error: Error): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  return upstreamFailure(reasonOf(error), error);
}

function reasonOf(error: Error): UpstreamFailureReason {
  const { code = '' } = error as NodeJS.ErrnoException;
  const known = REASON_BY_CODE.get(code);
  if (known) return known;
  // OpenSSL's own codes, Node's names for failed certificates (`CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`) and names.
  if (/^ERR_(?:SSL|TLS)_|^EPROTO$|CERT|SIGNATURE|ISSUER/.test(code)) return 'tls';
  return 'protocol';
}

/** The gateway's own error for a failure that nobody has given a better one. */
export function failureToGatewayError(failure: UpstreamFailure): GatewayError {
  const options = { detail: failure.message, cause: failure };
  switch (failure.reason) {
    case 'dns':
      return new GatewayError('unavailable', { ...options, message: 'name resolution failed' });
    case 'connect_timeout':
    case 'headers_timeout':
    case 'body_timeout':
      return new GatewayError('upstream_timeout', options);
    case 'connect':
    case 'tls':
      return new GatewayError('upstream_unreachable', options);
    default:
      return new GatewayError('invalid_upstream_response', options);
  }
}

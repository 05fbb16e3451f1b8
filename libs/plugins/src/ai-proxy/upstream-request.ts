import { patchTopLevel } from '#libs/llm';
import { UpstreamFailure, type Exchange, type UpstreamClient, type UpstreamRequest } from '#libs/plugin-api';
import { upstreamAuth, type UpstreamAuth } from './credentials.js';
import type { AiProxyConfig } from './ai-proxy.config.js';
import { UpstreamCall } from './upstream-call.js';
import type { UpstreamTarget } from './upstream-target.js';
import { upstreamTimeouts, type UpstreamTimeouts } from './upstream-timeouts.js';

const RETRIES = 5;
/** Failures before anything can have reached the upstream: asking again cannot do a thing twice. */
const SAFE_TO_REPEAT = new Set<UpstreamFailure['reason']>(['dns', 'connect', 'connect_timeout', 'tls']);

export interface Outgoing {
  /** A key of the provider’s paths: `chat`, `messages`, `count_tokens`, … */
  readonly operation: string;
  readonly method: string;
  readonly body: Buffer | null;
  /** Beside content type, accepted encodings and the credential; name, value, … */
  readonly headers?: readonly string[];
  /** Milliseconds for all of it, in place of the configured patience; such a request is tried once. */
  readonly timeout?: number;
}

/** Sends requests of one `ai-proxy` entry to its upstream. */
export class UpstreamSender {
  constructor(
    private readonly client: UpstreamClient,
    private readonly target: UpstreamTarget,
    private readonly config: Pick<AiProxyConfig, 'auth' | 'streaming'>,
  ) {}

  /** The credential that a request of this exchange will carry. */
  auth(exchange: Exchange): UpstreamAuth {
    return upstreamAuth(this.config.auth, exchange.request.headers, exchange.request.query);
  }

  /**
   * Sends the request, again when it cannot have arrived, and waits for the response head.
   * @throws UpstreamFailure, ClientGoneError
   */
  async send(exchange: Exchange, outgoing: Outgoing, auth: UpstreamAuth): Promise<UpstreamCall> {
    const request = this.request(exchange, outgoing, auth);
    const retries = outgoing.timeout === undefined ? (exchange.service?.retries ?? RETRIES) : 0;
    for (let attempt = 0; ; attempt++) {
      try {
        return await UpstreamCall.open(exchange, this.client, request);
      } catch (error) {
        if (!(error instanceof UpstreamFailure) || !mayRepeat(error, attempt, retries)) throw error;
      }
    }
  }

  private request(exchange: Exchange, outgoing: Outgoing, auth: UpstreamAuth): UpstreamRequest {
    const { operation, method, body, timeout } = outgoing;
    const { origin, path } = this.target.address(operation, exchange);
    exchange.upstreamUri = path;
    const { service } = exchange;
    return {
      origin,
      path: auth.query === '' ? path : path + (path.includes('?') ? '&' : '?') + auth.query,
      method,
      headers: [
        ...(body === null ? [] : ['content-type', 'application/json']),
        'accept-encoding',
        'identity',
        'x-kong-request-id',
        exchange.requestId,
        ...auth.headers,
        ...(outgoing.headers ?? []),
      ],
      body: withMember(body, auth.bodyMember),
      ...(timeout === undefined ? upstreamTimeouts(this.config.streaming, service) : allOf(timeout)),
      ...(service?.tls_verify === undefined ? {} : { tlsVerify: service.tls_verify }),
    };
  }
}

function allOf(timeout: number): UpstreamTimeouts {
  return { connectTimeout: timeout, headersTimeout: timeout, bodyTimeout: timeout };
}

function withMember(body: Buffer | null, member: UpstreamAuth['bodyMember']): Buffer | null {
  return body === null || member === undefined ? body : patchTopLevel(body, { [member[0]]: JSON.stringify(member[1]) });
}

/**
 * A connection that was kept alive may have been closed by the other side just now: that shows as a reset before any byte of
 * a response, and once a fresh connection is tried.
 */
function mayRepeat({ reason }: UpstreamFailure, attempt: number, retries: number): boolean {
  if (attempt >= retries) return false;
  return SAFE_TO_REPEAT.has(reason) || (reason === 'reset' && attempt === 0);
}

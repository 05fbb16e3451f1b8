import type { Readable } from 'node:stream';

export interface UpstreamRequest {
  /** `https://api.openai.com` or `http://127.0.0.1:8080`: scheme, host, port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: string;
  /** Name, value, name, value …, as they go on the wire. `host` and `content-length` are added when missing. */
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  /** Milliseconds until connected. */
  readonly connectTimeout: number;
  /** Milliseconds from the request's end to the response head. */
  readonly headersTimeout: number;
  /** Milliseconds between two reads of the response body. */
  readonly bodyTimeout: number;
  /** False accepts any certificate. Default true. */
  readonly tlsVerify?: boolean;
}

export interface UpstreamPeer {
  readonly ip: string;
  readonly port: number;
}

/** Callbacks of one upstream request, in this order; after `onComplete` or `onError` nothing follows. */
export interface UpstreamHandler {
  /** `resume` continues a body that `onData` has paused. */
  onHeaders(
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    resume: () => void,
    peer: UpstreamPeer | undefined,
  ): void;
  /**
   * A piece of the body; false pauses it. The bytes are the handler's only until it returns: what it keeps it must copy.
   */
  onData(chunk: Buffer): boolean;
  onComplete(): void;
  onError(error: Error): void;
}

/** One request to an upstream, beside what Kong's `tries` say of it. Times are `performance.now()`. */
export interface UpstreamAttempt {
  /** Scheme, host, port, as in `UpstreamRequest`. */
  readonly origin: string;
  readonly startedMono: number;
  /** When the response head had come. */
  headersMono: number | undefined;
  /** When the last byte had come, or the attempt had failed. */
  finishedMono: number | undefined;
  status: number | undefined;
  peer: UpstreamPeer | undefined;
  /** Why there was no whole response; `aborted` when the gateway itself gave it up. */
  failure: UpstreamFailureReason | undefined;
}

/** Headers to be put on a request to an upstream, lower-case names; `undefined` takes one of the name away. */
export type UpstreamHeaders = Readonly<Record<string, string | undefined>>;

/**
 * The headers of a request with others put on it, which win over those of the same name.
 * @param headers name, value, name, value …
 */
export function putHeaders(headers: readonly string[], put: UpstreamHeaders): string[] {
  const result: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!Object.hasOwn(put, name.toLowerCase())) result.push(name, headers[i + 1] ?? '');
  }
  for (const name in put) {
    const value = put[name];
    if (value !== undefined) result.push(name, value);
  }
  return result;
}

/** Why an upstream request failed; also the `reason` of `UpstreamFailure`. */
export type UpstreamFailureReason =
  'dns' | 'connect' | 'tls' | 'connect_timeout' | 'headers_timeout' | 'body_timeout' | 'reset' | 'protocol' | 'aborted';

/** What `onError` gets. `message` is one line without addresses of the inside. */
export class UpstreamFailure extends Error {
  constructor(
    readonly reason: UpstreamFailureReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UpstreamFailure';
  }
}

/** Connections to upstreams; a Nest injectable given by the proxy. */
export abstract class UpstreamClient {
  abstract dispatch(request: UpstreamRequest, handler: UpstreamHandler): { abort(): void };
}

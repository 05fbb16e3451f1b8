import type { Agent } from 'undici';
import { FinalSinkError } from '#libs/plugin-api';
import { reasonOf, trustOptions } from '#libs/sinks';
import type { HttpLogConfig } from './http-log.config.js';

/** The endpoint has understood the request and will never take this body; the rest may change, e.g. a key that has run out. */
const REFUSES_THE_BODY = new Set([400, 413, 422]);

/** An HTTP endpoint that takes log records. */
export class HttpEndpoint {
  private opened: Promise<Agent> | undefined;
  private readonly url: URL;
  private readonly headers: Readonly<Record<string, string>>;

  /** @param connections requests that may be under way at once. */
  constructor(
    private readonly config: HttpLogConfig,
    private readonly connections = 1,
  ) {
    this.url = new URL(config.http_endpoint);
    this.headers = { ...config.headers, ...basicAuth(this.url), 'content-type': config.content_type };
    this.url.username = this.url.password = '';
  }

  /**
   * Resolves when the endpoint has answered with a status below 300, as Kong wants it.
   * @throws FinalSinkError when the endpoint refuses the body itself, any other Error when trying again makes sense.
   */
  async send(body: Buffer): Promise<void> {
    const { method, timeout } = this.config;
    const signal = AbortSignal.timeout(timeout);
    let status: number;
    try {
      const { request } = await import('undici');
      const { headers } = this;
      const dispatcher = await (this.opened ??= this.open());
      const answer = await request(this.url, { method, headers, body, dispatcher, signal });
      status = answer.statusCode;
      await answer.body.dump({ limit: Infinity, signal });
    } catch (error) {
      throw this.failed(signal.aborted ? `no answer within ${timeout} ms` : reasonOf(error), error);
    }
    if (status < 300) return;
    if (REFUSES_THE_BODY.has(status)) throw new FinalSinkError(this.told(`answered ${status}`));
    throw this.failed(`answered ${status}`);
  }

  async close(): Promise<void> {
    await (await this.opened)?.close();
  }

  /** undici is a tenth of what the gateway loads at its start, and most do without this plugin. */
  private async open(): Promise<Agent> {
    const { Agent } = await import('undici');
    const { keepalive, timeout } = this.config;
    return new Agent({
      connect: { timeout, ...trustOptions(this.config) },
      keepAliveTimeout: keepalive,
      keepAliveMaxTimeout: keepalive,
      connections: this.connections,
      // One limit holds for the whole request, see `send`.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  private failed(reason: string, cause?: unknown): Error {
    return new Error(this.told(reason), { cause });
  }

  /** Path and query may hold a token. */
  private told(reason: string): string {
    return `${this.url.origin}: ${reason}`;
  }
}

function basicAuth({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const userAndPassword = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}` };
}

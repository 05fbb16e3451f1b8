import { LlmError, type AnthropicStreamEncoder, type CanonicalUsage, type StreamDecoder } from '#libs/llm';
import { UpstreamFailure } from '#libs/plugin-api';
import type { Transcoder } from './stream-relay.js';

/** Every so many pings in a row an event of the message itself is sent, see `AnthropicStreamEncoder.heartbeat`. */
const PINGS_PER_HEARTBEAT = 20;

/** The upstream's stream in, Anthropic events out. */
export class MessagesTranscoder implements Transcoder {
  private pings = 0;

  constructor(
    private readonly decoder: StreamDecoder,
    private readonly encoder: AnthropicStreamEncoder,
    /** Counts the tokens of an answer whose upstream gave no usage. */
    private readonly countUsage: () => Promise<CanonicalUsage>,
  ) {}

  get finished(): boolean {
    return this.encoder.ended || this.encoder.needsUsage;
  }
  get unwanted(): boolean {
    return this.encoder.stoppedByGateway;
  }
  get failure(): LlmError | undefined {
    return this.encoder.failure;
  }
  get firstContent(): boolean {
    return this.encoder.firstContent;
  }
  get awaitingUsage(): boolean {
    return this.decoder.awaitingUsage;
  }

  push(chunk: Buffer): string {
    this.pings = 0;
    this.decoder.push(chunk);
    return this.encoder.take();
  }

  end(): string | Promise<string> {
    this.decoder.end();
    if (!this.encoder.needsUsage) return this.encoder.take();
    return this.countUsage().then((usage) => {
      this.encoder.finishWith(usage);
      return this.encoder.take();
    });
  }

  fail(error: Error): string {
    this.decoder.fail(streamFailure(error));
    return this.encoder.take();
  }

  ping(): string {
    this.pings++;
    if (this.pings % PINGS_PER_HEARTBEAT === 0) this.encoder.heartbeat();
    else this.encoder.ping();
    return this.encoder.take();
  }
}

/** The end of the upstream’s connection in the terms of the client’s API. */
export function streamFailure(error: Error): LlmError {
  if (error instanceof LlmError) return error;
  const isTimeout = error instanceof UpstreamFailure && error.reason === 'body_timeout';
  const message = isTimeout
    ? 'The upstream server has sent nothing for too long'
    : 'The connection to the upstream server broke before the answer was complete';
  return new LlmError(message, {
    status: isTimeout ? 504 : 502,
    type: isTimeout ? 'timeout_error' : 'api_error',
    upstream: { message: error.message },
    cause: error,
  });
}

import {
  AnthropicStreamEncoder,
  countRequestTokens,
  countTextTokens,
  emptyUsage,
  encodeAnthropicMessage,
  playMessage,
  writtenText,
  type AnthropicReplyOptions,
  type CanonicalMessage,
  type CanonicalRequest,
  type CanonicalUsage,
} from '#libs/llm';
import type { AiFacts, Exchange } from '#libs/plugin-api';
import { noteReply } from './ai-facts.js';
import type { AiRoute } from './ai-route.js';
import { noteUpstreamError } from './errors.js';
import { capturePayload } from './payload.js';

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const EVENT_STREAM_HEADERS: HeaderList = [
  ['content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'no-cache'],
  // Asks nginx and its like in front of the gateway not to hold events back.
  ['x-accel-buffering', 'no'],
];

export interface AnthropicReplyContext {
  /** Name of the model at the upstream. */
  readonly model: string;
  readonly options: AnthropicReplyOptions;
  /** About how many tokens the prompt has. */
  readonly inputEstimate: number;
  readonly headers: HeaderList;
}

/** Answers one Messages request, and leaves on the exchange what the record wants to know of the answer. */
export class AnthropicReply {
  constructor(
    private readonly route: AiRoute,
    private readonly exchange: Exchange,
    private readonly request: CanonicalRequest,
    private readonly context: AnthropicReplyContext,
  ) {}

  /** An encoder for the answer as a stream. */
  encoder(): AnthropicStreamEncoder {
    const { options, inputEstimate } = this.context;
    return new AnthropicStreamEncoder({
      ...options,
      estimate: () => inputEstimate,
      requestId: this.exchange.id,
      capture: this.route.config.logging.log_payloads,
    });
  }

  /** Answers with a message that is whole, streamed if the client wants a stream. */
  async answer(message: CanonicalMessage): Promise<void> {
    await (this.request.stream ? this.play(message) : this.send(message));
  }

  /** Takes over what a streamed answer has told, however it ended; at once, unless tokens are to be counted. */
  note(encoder: AnthropicStreamEncoder): void | Promise<void> {
    const { ai } = this.exchange;
    if (!ai) return undefined;
    if (encoder.tokens || !encoder.started) return this.noteTokens(ai, encoder, encoder.tokens);
    // What broke off was read and written all the same: the counts of the upstream did not come any more.
    return this.countUsage(encoder.sample()).then((tokens) => this.noteTokens(ai, encoder, tokens));
  }

  private noteTokens(
    ai: AiFacts,
    encoder: AnthropicStreamEncoder,
    tokens: CanonicalUsage | undefined,
  ): void | Promise<void> {
    const { model, upstreamId, stopReason, toolCalls } = encoder;
    noteReply(ai, { model, upstreamId, stopReason, toolCalls, tokens });
    if (encoder.failure) noteUpstreamError(this.exchange, encoder.failure);
    if (ai.payload && encoder.started)
      ai.payload.response = capturePayload(encoder.captured(), this.route.config.logging.max_payload_size);
    return this.route.price(ai, tokens);
  }

  /** Counts what an upstream without usage has not told. */
  async countUsage(sample: { readonly text: string; readonly scale: number }): Promise<CanonicalUsage> {
    const [input, written] = await Promise.all([
      countRequestTokens(this.request, this.route.capabilities(this.context.model)),
      countTextTokens(sample.text),
    ]);
    const output = Math.max(1, Math.ceil(written * sample.scale));
    return { ...emptyUsage(), input, output, total: input + output, estimated: true };
  }

  private async play(message: CanonicalMessage): Promise<void> {
    const encoder = this.encoder();
    playMessage(message, encoder);
    if (encoder.needsUsage) encoder.finishWith(await this.countUsage(encoder.sample()));
    if (encoder.failure) throw encoder.failure;
    this.exchange.ai?.lossy.push(...message.lossy.map((what) => `lossy:${what}`));
    await this.note(encoder);
    this.setHeaders(EVENT_STREAM_HEADERS);
    const stream = this.exchange.response.stream(200);
    stream.write(encoder.take());
    await stream.end();
  }

  private async send(message: CanonicalMessage): Promise<void> {
    const usage = message.usage ?? (await this.countUsage({ text: writtenText(message), scale: 1 }));
    const { body, stopReason, toolCalls } = encodeAnthropicMessage(message, usage, this.context.options);
    const { ai, response } = this.exchange;
    if (ai) {
      ai.lossy.push(...message.lossy.map((what) => `lossy:${what}`));
      if (ai.payload) ai.payload.response = capturePayload(body, this.route.config.logging.max_payload_size);
      const { model, id: upstreamId } = message.meta;
      noteReply(ai, { model, upstreamId, stopReason, toolCalls, tokens: usage });
      await this.route.price(ai, usage);
    }
    this.setHeaders([['content-type', 'application/json']]);
    await response.send(200, body);
  }

  private setHeaders(own: HeaderList): void {
    for (const [name, value] of [...this.context.headers, ...own]) this.exchange.response.setHeader(name, value);
    if (!this.exchange.ai) return;
    this.exchange.ai.firstContentMono = performance.now();
    this.exchange.emit('response.first_content');
  }
}

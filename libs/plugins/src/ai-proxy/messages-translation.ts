import { hash } from 'node:crypto';
import {
  blockedDomains,
  countRequestTokens,
  cutMessage,
  decodeOpenAiError,
  hostedSearch,
  LlmError,
  newMessageId,
  rateLimitHeaders,
  sealReasoningItem,
  type AnthropicReplyOptions,
  type CanonicalRequest,
  type Capabilities,
  type EncodedRequest,
  type ErrorContext,
  type OpenAiTarget,
  type Remedy,
} from '#libs/llm';
import type { Exchange } from '#libs/plugin-api';
import type { AiRoute } from './ai-route.js';
import { AnthropicReply, EVENT_STREAM_HEADERS } from './anthropic-reply.js';
import type { UpstreamAuth } from './credentials.js';
import { noteUpstreamError } from './errors.js';
import { MessagesTranscoder } from './messages-transcoder.js';
import { StreamRelay } from './stream-relay.js';
import type { DecodeOptions, TranslationFormat } from './translation-format.js';
import type { UpstreamCall } from './upstream-call.js';

/** Bytes read of an upstream’s error and of a whole answer. */
const LARGEST_ERROR = 1024 * 1024;
const LARGEST_ANSWER = 256 * 1024 * 1024;
const SENT = Buffer.alloc(0);
/** Times a request is healed after a refusal and asked again. */
const MOST_REMEDIES = 4;

/** A Messages request on its way through an upstream of OpenAI's API. */
export class MessagesTranslation {
  private encoded: EncodedRequest;
  private capabilities: Capabilities;
  private readonly auth: UpstreamAuth;
  private remedies = 0;

  /** @throws LlmError for what the upstream cannot do and the client must know about. */
  constructor(
    private readonly route: AiRoute,
    private readonly exchange: Exchange,
    private readonly request: CanonicalRequest,
    /** Name of the model at the upstream. */
    private readonly model: string,
    private readonly format: TranslationFormat,
  ) {
    this.auth = route.sender.auth(exchange);
    this.capabilities = route.capabilities(model);
    this.encoded = this.encode();
  }

  private get origin(): string {
    return reasoningOrigin(this.route, this.exchange, this.auth);
  }

  get lossy(): readonly string[] {
    return this.encoded.lossy;
  }

  async run(): Promise<void> {
    let call = await this.open();
    if (this.request.stream && !isJson(call)) {
      await this.relay(call);
      return;
    }
    for (;;) {
      const { body } = await call.collect(LARGEST_ANSWER);
      try {
        const { outputLimit } = this.encoded;
        const decoded = this.format.decodeMessage(body, this.decodeOptions());
        const message = outputLimit === undefined ? decoded : await cutMessage(decoded, outputLimit);
        this.exchange.source = 'upstream';
        await this.reply(call).answer(message);
        return;
      } catch (error) {
        if (this.exchange.response.started || !this.mayRepeat(error)) throw error;
        call = await this.open();
      }
    }
  }

  private encode(): EncodedRequest {
    return this.format.encode(this.request, openAiTarget(this.route, this.exchange, this.model, this.auth));
  }

  private decodeOptions(): DecodeOptions {
    const search = hostedSearch(this.request);
    return {
      errors: this.errorContext(),
      thinkTags: this.capabilities.thinkTags,
      blockedDomains: search && blockedDomains(search.tool),
      onlySearch: search?.only === true,
    };
  }

  /** Sends the request until the upstream takes it; what it refuses and can be healed is healed and remembered. */
  private async open(): Promise<UpstreamCall> {
    for (;;) {
      const { body, outputLimit } = this.encoded;
      const isStream = this.request.stream && outputLimit === undefined;
      const accept = isStream ? 'text/event-stream' : 'application/json';
      const { operation } = this.format;
      const outgoing = { operation, method: 'POST', body, headers: ['accept', accept] };
      const call = await this.route.sender.send(this.exchange, outgoing, this.auth);
      if (call.status >= 200 && call.status < 300) return call;
      const error = await this.decodeError(call);
      if (!this.mayRepeat(error)) throw error;
    }
  }

  private async decodeError(call: UpstreamCall): Promise<LlmError> {
    const { body } = await call.collect(LARGEST_ERROR);
    const text = body.toString('utf8');
    let wantsCount = false;
    const countPrompt = () => {
      wantsCount = true;
      return this.encoded.inputEstimate;
    };
    let error = decodeOpenAiError(call.status, call.headers, text, { ...this.errorContext(), countPrompt });
    if (wantsCount) {
      // An overflow without numbers: the client plans by them, an estimate will not do.
      const count = await countRequestTokens(this.request, this.capabilities);
      error = decodeOpenAiError(call.status, call.headers, text, { ...this.errorContext(), countPrompt: () => count });
    }
    return this.isClaudeCode && error.status === 403 ? refusedForGood(error) : error;
  }

  private get isClaudeCode(): boolean {
    return this.exchange.agent?.client === 'claude-cli';
  }

  /** True when the request has been changed, or the answer was a model’s slip, so that asking again makes sense. */
  private mayRepeat(error: unknown): boolean {
    if (!(error instanceof LlmError) || error.remedy === undefined || this.remedies >= MOST_REMEDIES) return false;
    noteUpstreamError(this.exchange, error);
    this.remedies++;
    if (error.remedy.kind === 'retry') return this.remedies === 1;
    if (!this.learn(error.remedy)) return false;
    this.encoded = this.encode();
    if (this.exchange.ai) this.exchange.ai.lossy = [...this.encoded.lossy];
    return true;
  }

  /** @returns false when there is nothing new in it. */
  private learn(remedy: Remedy): boolean {
    const { reasoning = [] } = this.encoded;
    if (remedy.kind === 'strip_reasoning' && reasoning.length > 0) {
      for (const id of reasoning) this.route.refusedReasoning.add(id);
      return true;
    }
    const before = this.capabilities;
    this.route.learn(this.model, remedy);
    this.capabilities = this.route.capabilities(this.model);
    return this.capabilities !== before;
  }

  private async relay(call: UpstreamCall): Promise<void> {
    // It will not be sent again, and a stream may take minutes.
    this.encoded = { ...this.encoded, body: SENT };
    const reply = this.reply(call);
    const encoder = reply.encoder();
    const decoder = this.format.decoder(encoder, this.decodeOptions());
    const transcoder = new MessagesTranscoder(decoder, encoder, () => reply.countUsage(encoder.sample()));
    let settled = false;
    const settle = (): void | Promise<void> => {
      if (settled) return undefined;
      settled = true;
      for (const what of decoder.lossy) this.exchange.ai?.lossy.push(`lossy:${what}`);
      return reply.note(encoder);
    };
    try {
      await StreamRelay.run(this.exchange, call, transcoder, {
        pingInterval: this.route.config.streaming.ping_interval,
        headers: [...this.headers(call), ...EVENT_STREAM_HEADERS],
        settle,
      });
    } finally {
      await settle();
    }
  }

  private reply(call: UpstreamCall): AnthropicReply {
    return new AnthropicReply(this.route, this.exchange, this.request, {
      model: this.model,
      options: this.replyOptions(),
      inputEstimate: this.encoded.inputEstimate,
      headers: this.headers(call),
    });
  }

  private replyOptions(): AnthropicReplyOptions {
    const { config, envelope } = this.route;
    const { appliedEdits, toolNames, stopSequences, prefill } = this.encoded;
    const betas = String(this.exchange.request.headers['anthropic-beta'] ?? '');
    return {
      id: newMessageId(),
      model: config.translation.echo_client_model ? this.request.model : this.model,
      toolNames,
      seal: (shown, reasoning, item) =>
        item
          ? sealReasoningItem(envelope, item, { origin: this.origin, model: this.model }, shown)
          : envelope.sealVisible(shown, reasoning),
      thinking: this.request.thinking?.display === 'omitted' ? 'omitted' : 'shown',
      stopSequences,
      prefill,
      refusal: config.translation.refusal_as_end_turn ? 'end_turn' : 'refusal',
      contextWindow: betas.includes('model-context-window-exceeded') ? this.capabilities.contextWindow : undefined,
      contextManagement: appliedEdits ? { applied_edits: appliedEdits } : null,
    };
  }

  private errorContext(): ErrorContext {
    const { media } = this.encoded;
    return {
      model: this.request.model,
      window: this.capabilities.contextWindow,
      secrets: this.route.keys,
      clientPath: (pointer) => media.find(({ upstream }) => upstream === pointer)?.client,
    };
  }

  private headers(call: UpstreamCall): [name: string, value: string][] {
    const headers = Object.entries(rateLimitHeaders(call.headers, this.auth.ofClient ? 'client' : 'gateway'));
    const upstreamId = call.header('x-request-id');
    if (upstreamId !== undefined) headers.push(['x-gateway-upstream-request-id', upstreamId]);
    const { lossy } = this.encoded;
    if (lossy.length > 0) headers.push(['x-gateway-lossy', String(lossy.length)]);
    return [...headers, ...this.route.modelHeaders(this.model)];
  }
}

/** How a request is to be written for the model. */
export function openAiTarget(route: AiRoute, exchange: Exchange, model: string, auth: UpstreamAuth): OpenAiTarget {
  const { model: configured, translation } = route.config;
  return {
    model,
    capabilities: route.capabilities(model),
    options: configured.options,
    envelope: route.envelope,
    origin: reasoningOrigin(route, exchange, auth),
    refusedReasoning: route.refusedReasoning,
    session: exchange.agent?.session_id,
    switches: {
      strictPrefill: translation.strict_prefill,
      keepAttribution: !translation.strip_attribution,
      errorPrefix: translation.tool_error_prefix,
    },
  };
}

/** Server and account as one short word: encrypted reasoning is of use there alone. */
function reasoningOrigin(route: AiRoute, exchange: Exchange, auth: UpstreamAuth): string {
  const { origin } = route.target.address('responses', exchange);
  const account = [origin, ...auth.headers, auth.query, ...(auth.bodyMember ?? [])].join('\n');
  return hash('sha256', account, 'base64url').slice(0, 12);
}

/** Some compatible servers stream as text/plain or without a type; what says that it is JSON is no stream. */
function isJson(call: UpstreamCall): boolean {
  return /\bjson\b/i.test(call.contentType);
}

/**
 * What the gateway's own key may not do is no fault of the client's, but Claude Code takes every 403 for a stale key of its own
 * and goes on trying for minutes.
 */
function refusedForGood(error: LlmError): LlmError {
  return new LlmError(error.message, {
    status: 502,
    type: 'api_error',
    headers: { 'x-should-retry': 'false' },
    ...(error.upstream && { upstream: error.upstream }),
  });
}

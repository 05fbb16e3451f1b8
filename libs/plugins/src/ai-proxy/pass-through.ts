import {
  countTextTokens,
  decodeOpenAiError,
  emptyUsage,
  patchTopLevel,
  withoutGatewayThinking,
  type CanonicalUsage,
  type JsonBody,
  type WatchedFacts,
} from '#libs/llm';
import type { AiFacts, AiParameters, Exchange, WireFormatName } from '#libs/plugin-api';
import { noteReply, startFacts } from './ai-facts.js';
import type { AiRoute } from './ai-route.js';
import { withoutKeys, type UpstreamAuth } from './credentials.js';
import { passedRequestHeaders, passedResponseHeaders } from './passed-headers.js';
import { WatchedReply } from './pass-through-reply.js';
import { capturePayload } from './payload.js';
import { StreamRelay } from './stream-relay.js';
import type { UpstreamCall } from './upstream-call.js';

export interface PassThroughRequest {
  /** A key of the provider’s paths. */
  readonly operation: string;
  readonly format: WireFormatName;
  readonly clientModel: string | undefined;
  /** Asked of the upstream. */
  readonly model: string;
  readonly stream: boolean;
  /** The client has not asked for the stream that the operator wants. */
  readonly forceStream: boolean;
  /** Counts the tokens of the request, for an upstream that has not. */
  readonly countInput: () => Promise<number>;
  /** What the client asks of the model, for the record. */
  readonly parameters?: AiParameters;
  /** Members to be set (JSON text) or removed beside the model. */
  readonly patches?: Readonly<Record<string, string | undefined>>;
  /** The usage that we have asked for is not meant for the client. */
  readonly hidesUsage?: boolean;
}

/** The work behind a path that is not a chat. */
const OPERATIONS: Readonly<Record<string, AiFacts['operation']>> = {
  completions: 'text_completion',
  embeddings: 'embeddings',
};

/** Bytes read of an upstream’s error and of a whole answer. */
const LARGEST_ERROR = 1024 * 1024;
const LARGEST_ANSWER = 256 * 1024 * 1024;

/**
 * Client and upstream speak the same format: the bytes go through untouched but for the model’s name and what the operator
 * sets, and an observer reads the usage beside them.
 */
export async function passThrough(
  route: AiRoute,
  exchange: Exchange,
  body: JsonBody,
  request: PassThroughRequest,
): Promise<void> {
  const { config, entity } = route;
  const { operation, format, model, clientModel, stream } = request;
  // A count costs nothing and answers nothing: it is no exchange with a model.
  if (operation !== 'count_tokens') {
    const { parameters = {} } = request;
    exchange.ai = startFacts({
      entity,
      model,
      clientModel,
      stream,
      operation: OPERATIONS[operation],
      parameters,
      from: format,
      to: format,
      lossy: [],
    });
    if (exchange.ai.payload) exchange.ai.payload.request = capturePayload(body.bytes, config.logging.max_payload_size);
    exchange.emit('request.decoded');
  }
  const auth = route.sender.auth(exchange);
  const call = await route.sender.send(
    exchange,
    {
      operation,
      method: 'POST',
      body: patched(body, request),
      headers: passedRequestHeaders(exchange.request.headers, {
        forwardCredentials: config.auth.header_name === undefined && config.auth.param_name === undefined,
        anthropicVersion: format === 'anthropic' ? route.anthropicVersion(exchange) : undefined,
      }),
    },
    auth,
  );
  if (call.status === 401 && !auth.ofClient && config.auth.header_name !== undefined) {
    const { body: refusal } = await call.collect(LARGEST_ERROR);
    throw decodeOpenAiError(call.status, call.headers, refusal.toString('utf8'), { model });
  }
  if (format !== 'anthropic') exchange.response.setHeader('x-request-id', exchange.id);
  const watched = new WatchedReply({
    format,
    stream,
    hidesUsage: request.hidesUsage === true,
    capture: config.logging.log_payloads,
    requestId: exchange.id,
  });
  let settled = false;
  const settle = (): void | Promise<void> => {
    if (settled) return undefined;
    settled = true;
    return note(route, exchange, watched, request);
  };
  try {
    await (stream && isEventStream(call)
      ? relay(route, exchange, call, auth, watched, settle)
      : send(route, exchange, call, auth, watched, settle));
  } finally {
    await settle();
  }
}

function patched(
  body: JsonBody,
  { operation, format, model, clientModel, forceStream, patches }: PassThroughRequest,
): Buffer {
  const changes: Record<string, string | undefined> = { ...patches };
  if (model !== clientModel) changes['model'] = JSON.stringify(model);
  if (forceStream) changes['stream'] = 'true';
  const source = format === 'anthropic' && operation === 'messages' ? withoutGatewayThinking(body) : body;
  return Object.keys(changes).length === 0 ? source.bytes : patchTopLevel(source, changes);
}

async function relay(
  route: AiRoute,
  exchange: Exchange,
  call: UpstreamCall,
  auth: UpstreamAuth,
  watched: WatchedReply,
  settle: () => void | Promise<void>,
): Promise<void> {
  await StreamRelay.run(exchange, call, watched, {
    pingInterval: route.config.streaming.ping_interval,
    headers: [...passedResponseHeaders(call.headers, auth.ofClient), ...modelHeader(route, exchange)],
    settle,
  });
}

async function send(
  route: AiRoute,
  exchange: Exchange,
  call: UpstreamCall,
  auth: UpstreamAuth,
  watched: WatchedReply,
  settle: () => void | Promise<void>,
): Promise<void> {
  const { body: received } = await call.collect(LARGEST_ANSWER);
  const isAnswer = call.status >= 200 && call.status < 300 && !isPage(call);
  if (!isAnswer && (call.status < 400 || !isJsonObject(received))) {
    // A redirect, or the page of something in between: no client of the API knows what to do with it.
    const model = exchange.ai?.requestModel ?? '';
    throw decodeOpenAiError(isPage(call) ? 502 : call.status, call.headers, received.toString('utf8'), {
      model,
      secrets: route.keys,
    });
  }
  const body = isAnswer ? received : withoutKeys(route.keys, received);
  if (isAnswer) watched.whole(body);
  else watched.refused(exchange, call.status, body);
  const headers = passedResponseHeaders(call.headers, auth.ofClient);
  for (const [name, value] of headers) exchange.response.setHeader(name, value);
  if (call.status === 200)
    for (const [name, value] of modelHeader(route, exchange)) exchange.response.setHeader(name, value);
  exchange.source = 'upstream';
  if (exchange.ai && call.status < 300) {
    exchange.ai.firstContentMono = performance.now();
    exchange.emit('response.first_content');
  }
  await settle();
  await exchange.response.send(call.status, body);
}

/** Leaves on the exchange what the record wants to know of the answer; at once unless tokens have to be counted. */
function note(
  route: AiRoute,
  exchange: Exchange,
  watched: WatchedReply,
  request: PassThroughRequest,
): void | Promise<void> {
  const { ai } = exchange;
  if (!ai) return undefined;
  const take = (tokens: CanonicalUsage | undefined): void | Promise<void> => {
    const { model, upstreamId, stopReason, toolCalls } = watched.facts;
    noteReply(ai, { model, upstreamId, stopReason, toolCalls, tokens });
    if (ai.payload) {
      const captured = watched.captured();
      if (captured) ai.payload.response = capturePayload(captured, route.config.logging.max_payload_size);
    }
    return route.price(ai, tokens);
  };
  const { facts } = watched;
  const isTold = facts.usageIsFinal || (facts.tokens === undefined && !facts.firstContent);
  return isTold ? take(facts.tokens) : countedUsage(facts, request.countInput).then(take);
}

/** Counts what the upstream has not told: a server that does not, or a stream that broke off before it would have. */
async function countedUsage(
  facts: WatchedFacts,
  countInput: PassThroughRequest['countInput'],
): Promise<CanonicalUsage> {
  const { tokens = emptyUsage() } = facts;
  const { text, scale } = facts.sample();
  const [input, written] = await Promise.all([tokens.input || countInput(), countTextTokens(text)]);
  const output = Math.ceil(written * scale);
  return { ...tokens, input, output, total: input + output, estimated: true };
}

function modelHeader(route: AiRoute, exchange: Exchange): [string, string][] {
  return exchange.ai ? route.modelHeaders(exchange.ai.requestModel) : [];
}

function isJsonObject(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function isEventStream(call: UpstreamCall): boolean {
  return call.status === 200 && !/\bjson\b/i.test(call.contentType) && !isPage(call);
}

function isPage(call: UpstreamCall): boolean {
  return /\bhtml\b/i.test(call.contentType);
}

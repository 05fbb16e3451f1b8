import {
  countRequestTokens,
  decodeAnthropicRequest,
  emptyUsage,
  isCachePrewarm,
  jsonBody,
  LlmError,
  newMessageId,
  type CanonicalMessage,
  type CanonicalRequest,
  type JsonBody,
} from '#libs/llm';
import { GatewayError, type Exchange } from '#libs/plugin-api';
import { agentFacts } from './agent-facts.js';
import { startFacts } from './ai-facts.js';
import { anthropicParameters } from './ai-parameters.js';
import type { AiRoute } from './ai-route.js';
import { AnthropicReply } from './anthropic-reply.js';
import { withDocuments } from './documents/with-documents.js';
import { anthropicEndpoint } from './endpoints.js';
import { MessagesTranslation } from './messages-translation.js';
import { anthropicModelEntry, anthropicModelList } from './models.js';
import { listModels } from './model-listing.js';
import { capturePayload } from './payload.js';
import { passThrough } from './pass-through.js';
import { requestClass } from './request-class.js';
import { countUpstream } from './count-upstream.js';
import {
  canSearchElsewhere,
  CHAT,
  RESPONSES,
  translationFormat,
  type TranslationFormat,
} from './translation-format.js';
import { lonelyWebSearch, unavailableWebSearch } from './web-search.js';

/** Serves a client of Anthropic’s API. */
export async function serveAnthropic(route: AiRoute, exchange: Exchange): Promise<void> {
  const { method, path } = exchange.request;
  const endpoint = anthropicEndpoint(method, exchange.pathBelowRoute);
  switch (endpoint?.kind) {
    case 'messages':
      return messages(route, exchange);
    case 'count_tokens':
      return countTokens(route, exchange);
    case 'models':
      return sendJson(exchange, anthropicModelList(await listModels(route, exchange)));
    case 'model':
      return sendJson(exchange, anthropicModelEntry(await listModels(route, exchange), endpoint.id));
    case 'probe':
      return exchange.response.send(200);
    case 'not_supported':
      throw new GatewayError('not_supported', { detail: endpoint.what, headers: { 'x-should-retry': 'false' } });
    default:
      throw new GatewayError('not_found', { detail: `${method} ${path}` });
  }
}

async function messages(route: AiRoute, exchange: Exchange): Promise<void> {
  const { config } = route;
  const body = jsonBody(await exchange.request.readBody(config.max_request_body_size));
  const request = streamed(decodeAnthropicRequest(body), config.response_streaming);
  noteAgent(route, exchange, request, requestClass(exchange.request.headers, request));
  if (route.target.family === 'anthropic') {
    const { stream, model } = request;
    return passThrough(route, exchange, body, {
      operation: 'messages',
      format: 'anthropic',
      clientModel: model,
      model: route.model(exchange, model),
      stream,
      forceStream: config.response_streaming === 'always',
      countInput: () => countRequestTokens(request, route.capabilities(route.model(exchange, model))),
      parameters: anthropicParameters(request, config.model.options),
    });
  }
  return translate(route, exchange, body, request);
}

async function translate(route: AiRoute, exchange: Exchange, body: JsonBody, request: CanonicalRequest): Promise<void> {
  const { config, entity } = route;
  const model = route.model(exchange, request.model);
  const format = translationFormat(route, model);
  const searches = format === CHAT && canSearchElsewhere(route, request, model);
  exchange.ai = startFacts({
    entity,
    model,
    clientModel: request.model,
    stream: request.stream,
    parameters: anthropicParameters(request, config.model.options),
    from: 'anthropic',
    to: searches ? RESPONSES.name : format.name,
    lossy: [],
  });
  if (exchange.ai.payload) exchange.ai.payload.request = capturePayload(body.bytes, config.logging.max_payload_size);
  exchange.emit('request.decoded');
  if (searches && !isCachePrewarm(request)) {
    try {
      return await run(route, exchange, request, model, RESPONSES);
    } catch (error) {
      if (!(error instanceof LlmError) || error.status !== 404 || exchange.response.started) throw error;
      // A server that only resembles OpenAI's. Without its search the model answers from what it knows.
      if (!error.message.startsWith('model: ')) route.lacksResponses = true;
      exchange.ai.to = format.name;
    }
  }
  const local = localAnswer(route, request, model, format);
  if (local) return localReply(route, exchange, request, model).answer(await local);
  // The Responses API fetches them itself.
  const fetches = config.translation.fetch_documents && format === CHAT;
  const whole = fetches ? await withDocuments(exchange, request) : request;
  return run(route, exchange, whole, model, format);
}

function run(
  route: AiRoute,
  exchange: Exchange,
  request: CanonicalRequest,
  model: string,
  format: TranslationFormat,
): Promise<void> {
  const translation = new MessagesTranslation(route, exchange, request, model, format);
  if (exchange.ai) exchange.ai.lossy = [...translation.lossy];
  return translation.run();
}

/** What the gateway answers without asking anybody; at once undefined for nearly every request. */
function localAnswer(
  route: AiRoute,
  request: CanonicalRequest,
  model: string,
  format: TranslationFormat,
): CanonicalMessage | Promise<CanonicalMessage> | undefined {
  if (isCachePrewarm(request)) return prewarmAnswer(route, request, model);
  const search = format === CHAT ? lonelyWebSearch(request) : undefined;
  if (search === undefined) return undefined;
  return {
    meta: { id: undefined, model, serviceTier: undefined },
    blocks: unavailableWebSearch(search),
    stop: 'end_turn',
    detail: {},
    usage: { ...emptyUsage(), estimated: true },
    lossy: ['tool:web_search'],
  };
}

async function prewarmAnswer(route: AiRoute, request: CanonicalRequest, model: string): Promise<CanonicalMessage> {
  const input = await countRequestTokens(request, route.capabilities(model));
  return {
    meta: { id: undefined, model, serviceTier: undefined },
    blocks: [],
    stop: 'max_tokens',
    detail: {},
    usage: { ...emptyUsage(), input, total: input, estimated: true },
    lossy: [],
  };
}

function localReply(route: AiRoute, exchange: Exchange, request: CanonicalRequest, model: string): AnthropicReply {
  return new AnthropicReply(route, exchange, request, {
    model,
    inputEstimate: 1,
    headers: [],
    options: {
      id: newMessageId(),
      model: request.model,
      toolNames: { upstream: (name) => name, client: (name) => name },
      seal: (shown, reasoning) => route.envelope.sealVisible(shown, reasoning),
    },
  });
}

async function countTokens(route: AiRoute, exchange: Exchange): Promise<void> {
  const body = jsonBody(await exchange.request.readBody(route.config.max_request_body_size));
  const request = decodeAnthropicRequest(body, { counting: true });
  noteAgent(route, exchange, request, 'count_tokens');
  const model = route.model(exchange, request.model);
  if (route.target.family === 'anthropic') {
    return passThrough(route, exchange, body, {
      operation: 'count_tokens',
      format: 'anthropic',
      clientModel: request.model,
      model,
      stream: false,
      forceStream: false,
      countInput: () => Promise.resolve(0),
    });
  }
  const tokens =
    (await countUpstream(route, exchange, request, model)) ??
    (await countRequestTokens(request, route.capabilities(model)));
  const edits = request.contextEdits && { context_management: { original_input_tokens: tokens } };
  return sendJson(exchange, JSON.stringify({ input_tokens: tokens, ...edits }));
}

function noteAgent(
  route: AiRoute,
  exchange: Exchange,
  { user }: CanonicalRequest,
  requestClass: string | undefined,
): void {
  const body = { session: user?.sessionId, user: user?.account, requestClass };
  exchange.agent = agentFacts(exchange.request.headers, body, route.users);
}

/** @throws GatewayError in Kong’s words when the operator allows no streams. */
function streamed(request: CanonicalRequest, mode: 'allow' | 'deny' | 'always'): CanonicalRequest {
  if (mode === 'deny' && request.stream) {
    throw new GatewayError('bad_request', { detail: 'response streaming is not enabled for this LLM' });
  }
  return mode === 'always' && !request.stream ? { ...request, stream: true } : request;
}

function sendJson(exchange: Exchange, json: string): Promise<void> {
  exchange.response.setHeader('content-type', 'application/json');
  return exchange.response.send(200, json);
}

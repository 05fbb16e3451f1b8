import { countOpenAiRequestTokens, invalidRequest, jsonBody, parseJson, type JsonBody } from '#libs/llm';
import { GatewayError, type Exchange, type WireFormatName } from '#libs/plugin-api';
import { agentFacts, openAiBodyFacts } from './agent-facts.js';
import { openAiParameters } from './ai-parameters.js';
import type { AiRoute } from './ai-route.js';
import { openAiEndpoint } from './endpoints.js';
import { openAiModelEntry, openAiModelList } from './models.js';
import { listModels } from './model-listing.js';
import { passThrough } from './pass-through.js';

/** Serves a client of OpenAI’s API. */
export async function serveOpenAi(route: AiRoute, exchange: Exchange): Promise<void> {
  const { method, path } = exchange.request;
  const endpoint = openAiEndpoint(method, exchange.pathBelowRoute, route.config.route_type);
  switch (endpoint?.kind) {
    case 'chat':
    case 'completions':
    case 'embeddings':
      return generate(route, exchange, endpoint.kind, 'openai-chat');
    case 'responses':
      return generate(route, exchange, endpoint.kind, 'openai-responses');
    case 'models':
      return sendJson(exchange, openAiModelList(await listModels(route, exchange)));
    case 'model':
      return sendJson(exchange, openAiModelEntry(await listModels(route, exchange), endpoint.id));
    case 'probe':
      return exchange.response.send(200);
    default:
      throw new GatewayError('not_found', { detail: `${method} ${path}` });
  }
}

type Fields = Readonly<Record<string, unknown>>;

async function generate(
  route: AiRoute,
  exchange: Exchange,
  operation: 'chat' | 'completions' | 'embeddings' | 'responses',
  format: WireFormatName,
): Promise<void> {
  const { config } = route;
  const body = jsonBody(await exchange.request.readBody(config.max_request_body_size));
  const fields = readFields(body);
  exchange.agent = agentFacts(exchange.request.headers, openAiBodyFacts(fields), route.users);
  const clientModel = typeof fields['model'] === 'string' && fields['model'] !== '' ? fields['model'] : undefined;
  const model = route.model(exchange, clientModel ?? '');
  if (model === '') throw invalidRequest('model parameter not found in request, nor in gateway configuration');
  const asked = fields['stream'] === true;
  if (asked && config.response_streaming === 'deny') {
    throw invalidRequest('response streaming is not enabled for this LLM');
  }
  const forceStream = !asked && config.response_streaming === 'always' && operation !== 'embeddings';
  const stream = asked || forceStream;
  const askUsage = stream && (operation === 'chat' || operation === 'completions') && !wantsUsage(fields);
  return passThrough(route, exchange, body, {
    operation,
    format,
    clientModel,
    model,
    stream,
    forceStream,
    countInput: () => countOpenAiRequestTokens(fields),
    parameters: openAiParameters(fields, config.model.options),
    patches: { ...operatorOptions(route, operation, model), ...(askUsage && withUsage(fields)) },
    hidesUsage: askUsage,
  });
}

/** The parsed body, for the few members that matter here; the bytes themselves go on. */
function readFields(body: JsonBody): Fields {
  const fields = parseJson(body.text);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw invalidRequest('The request body must be a JSON object');
  }
  return fields as Fields;
}

function wantsUsage(fields: Fields): boolean {
  const options = fields['stream_options'];
  return typeof options === 'object' && options !== null && (options as Fields)['include_usage'] === true;
}

/** Without it a stream tells no token counts; the client does not see what it has not asked for. */
function withUsage(fields: Fields): Record<string, string> {
  const options = fields['stream_options'];
  const given = typeof options === 'object' && options !== null ? options : {};
  return { stream_options: JSON.stringify({ ...given, include_usage: true }) };
}

/** What the operator sets wins over the client. */
function operatorOptions(route: AiRoute, operation: string, model: string): Record<string, string> {
  if (operation === 'embeddings') return {};
  const { max_tokens: maxTokens, temperature, top_p: topP } = route.config.model.options;
  const field = operation === 'responses' ? 'max_output_tokens' : route.capabilities(model).maxTokensField;
  return {
    ...(maxTokens !== undefined && { [operation === 'completions' ? 'max_tokens' : field]: String(maxTokens) }),
    ...(temperature !== undefined && { temperature: String(temperature) }),
    ...(topP !== undefined && { top_p: String(topP) }),
  };
}

function sendJson(exchange: Exchange, json: string): Promise<void> {
  exchange.response.setHeader('content-type', 'application/json');
  return exchange.response.send(200, json);
}

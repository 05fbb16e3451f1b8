import { decodeOpenAiError } from '#libs/llm';
import type { Exchange } from '#libs/plugin-api';
import type { AiRoute } from './ai-route.js';
import type { ListedModel } from './models.js';

const LARGEST_LISTING = 4 * 1024 * 1024;

/**
 * The models of a route: the configured one and its alias, or, where the client chooses, what the upstream offers.
 * @throws LlmError when the upstream refuses to tell.
 */
export async function listModels(route: AiRoute, exchange: Exchange): Promise<ListedModel[]> {
  const { name, model_alias: alias } = route.config.model;
  const names = name === undefined ? await upstreamModels(route, exchange) : [{ name: route.model(exchange, name) }];
  const listed = names.map((model): ListedModel => {
    const { contextWindow, maxOutput } = route.capabilities(model.name);
    return { ...model, contextWindow, maxOutput };
  });
  return alias === undefined ? listed : [{ ...listed[0], name: alias }, ...listed];
}

async function upstreamModels(route: AiRoute, exchange: Exchange): Promise<ListedModel[]> {
  const headers = route.target.format === 'anthropic' ? ['anthropic-version', route.anthropicVersion(exchange)] : [];
  const outgoing = { operation: 'models', method: 'GET', body: null, headers };
  const call = await route.sender.send(exchange, outgoing, route.sender.auth(exchange));
  const { body } = await call.collect(LARGEST_LISTING);
  if (call.status !== 200) throw decodeOpenAiError(call.status, call.headers, body.toString('utf8'), { model: '' });
  const parsed = JSON.parse(body.toString('utf8')) as { data?: { id?: unknown; created?: unknown }[] };
  return (parsed.data ?? []).flatMap(({ id, created }) =>
    typeof id === 'string' ? [{ name: id, ...(typeof created === 'number' ? { created } : {}) }] : [],
  );
}

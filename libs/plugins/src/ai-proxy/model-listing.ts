import { decodeOpenAiError, LlmError } from '#libs/llm';
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
  const headers = route.target.family === 'anthropic' ? ['anthropic-version', route.anthropicVersion(exchange)] : [];
  const outgoing = { operation: 'models', method: 'GET', body: null, headers };
  const call = await route.sender.send(exchange, outgoing, route.sender.auth(exchange));
  const { body } = await call.collect(LARGEST_LISTING);
  if (call.status !== 200)
    throw decodeOpenAiError(call.status, call.headers, body.toString('utf8'), { model: '', secrets: route.keys });
  return entriesOf(body.toString('utf8'));
}

/** Entries in OpenAI's form (`created`) or Anthropic's (`created_at`). */
function entriesOf(body: string): ListedModel[] {
  const data = dataOf(body);
  if (!Array.isArray(data)) {
    const message = 'The upstream server sent something that is no list of models';
    throw new LlmError(message, { status: 502, type: 'api_error', upstream: { message } });
  }
  return (data as Partial<Record<'id' | 'created' | 'created_at', unknown>>[]).flatMap((entry) => {
    if (typeof entry?.id !== 'string') return [];
    const created = typeof entry.created === 'number' ? entry.created : Date.parse(String(entry.created_at)) / 1000;
    return [{ name: entry.id, ...(Number.isFinite(created) && { created }) }];
  });
}

function dataOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { data?: unknown } | null)?.data;
  } catch {
    return undefined;
  }
}

import { ApiError } from './api-error.js';
import { chatCompletions } from './chat/chat-endpoint.js';
import { embeddings } from './embeddings.js';
import type { Endpoint } from './endpoint.js';
import { modelEntries } from './models.js';
import { inputTokens, responses } from './responses/responses-endpoint.js';

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/chat/completions', chatCompletions],
  ['/v1/responses', responses],
  ['/v1/responses/input_tokens', inputTokens],
  ['/v1/embeddings', embeddings],
]);

/**
 * The endpoint of a POST, or the JSON of a GET.
 * @throws ApiError 404 or 405 in the wording of the real API
 */
export function route(method: string, path: string): { readonly endpoint: Endpoint } | { readonly json: unknown } {
  const endpoint = ENDPOINTS.get(path);
  if (endpoint) {
    if (method === 'POST') return { endpoint };
    throw new ApiError(405, 'Only POST requests are accepted.', {
      code: 'method_not_supported',
      headers: { allow: 'POST' },
    });
  }
  if (method === 'GET' && path === '/v1/models') return { json: { object: 'list', data: modelEntries } };
  if (method === 'GET' && path.startsWith('/v1/models/')) return { json: model(path.slice('/v1/models/'.length)) };
  throw new ApiError(404, `Invalid URL (${method} ${path})`);
}

function model(encodedId: string): unknown {
  const id = decodeURIComponent(encodedId);
  const entry = modelEntries.find((candidate) => candidate.id === id);
  if (!entry) throw new ApiError(404, `The model '${id}' does not exist`, { param: 'model', code: 'model_not_found' });
  return entry;
}

/** What a client may ask for below a route. */
export type Endpoint =
  | { readonly kind: 'messages' }
  | { readonly kind: 'count_tokens' }
  | { readonly kind: 'chat' }
  | { readonly kind: 'responses' }
  | { readonly kind: 'completions' }
  | { readonly kind: 'embeddings' }
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly id: string }
  /** Reachability probes; answered 200 without a body. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'not_supported'; readonly what: string };

const ANTHROPIC_UNSUPPORTED: readonly [prefix: string, what: string][] = [
  ['/messages/batches', 'the Message Batches API'],
  ['/files', 'the Files API'],
  ['/skills', 'the Skills API'],
];

/**
 * @param below the path below the route, e.g. `/v1/messages`; a route that already ends in `/v1` leaves `/messages`.
 * @returns undefined for an unknown path: 404.
 */
export function anthropicEndpoint(method: string, below: string): Endpoint | undefined {
  if (method === 'HEAD') return { kind: 'probe' };
  const path = withoutVersion(below);
  if (method === 'POST') {
    if (path === '/messages' || path === '') return { kind: 'messages' };
    if (path === '/messages/count_tokens') return { kind: 'count_tokens' };
  }
  if (method === 'GET') {
    if (path === '') return { kind: 'probe' };
    const models = modelsEndpoint(path);
    if (models) return models;
  }
  const unsupported = ANTHROPIC_UNSUPPORTED.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return unsupported && { kind: 'not_supported', what: unsupported[1] };
}

/** As `anthropicEndpoint`; a bare POST means the route type's own endpoint, as in Kong. */
export function openAiEndpoint(method: string, below: string, routeType: string): Endpoint | undefined {
  if (method === 'HEAD') return { kind: 'probe' };
  const path = withoutVersion(below);
  if (method === 'GET') return modelsEndpoint(path);
  if (method !== 'POST') return undefined;
  switch (path) {
    case '/chat/completions':
      return { kind: 'chat' };
    case '/responses':
      return { kind: 'responses' };
    case '/completions':
      return { kind: 'completions' };
    case '/embeddings':
      return { kind: 'embeddings' };
    case '':
      return BARE_POST[routeType];
    default:
      return undefined;
  }
}

const BARE_POST: Readonly<Record<string, Endpoint>> = {
  'llm/v1/chat': { kind: 'chat' },
  'llm/v1/responses': { kind: 'responses' },
  'llm/v1/completions': { kind: 'completions' },
  'llm/v1/embeddings': { kind: 'embeddings' },
};

function modelsEndpoint(path: string): Endpoint | undefined {
  if (path === '/models') return { kind: 'models' };
  if (!path.startsWith('/models/')) return undefined;
  try {
    return { kind: 'model', id: decodeURIComponent(path.slice('/models/'.length)) };
  } catch {
    return undefined;
  }
}

function withoutVersion(below: string): string {
  const path = below.endsWith('/') ? below.slice(0, -1) : below;
  return path === '/v1' ? '' : path.startsWith('/v1/') ? path.slice(3) : path;
}

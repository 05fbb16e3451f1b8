import type { DeclarativeFile } from '../../support/how-to-config.js';

/** The upstream's credential; it must never appear in a record. */
export const UPSTREAM_KEY = 'sk-upstream-secret-0123456789';

export type RouteName = 'anything' | 'deepseek' | 'lively' | 'narrow' | 'responses' | 'unnamed' | 'unreachable';

interface Route {
  readonly path: RouteName;
  /** Default: the client's own model names go upstream. */
  readonly model?: string;
  readonly upstreamUrl?: string;
  /** Default: that of Chat Completions. */
  readonly endpoint?: string;
  readonly options?: object;
  readonly streaming?: object;
  readonly largestBody?: number;
}

const DEEPSEEK = {
  max_tokens_field: 'max_tokens',
  developer_role: false,
  reasoning_content: true,
  reasoning_efforts: ['low', 'medium', 'high'],
  vision: false,
  pdf: false,
};

/** The how-to's set-up on several routes, each with a model behind it. `model` is the one of `/anything`. */
export function declarativeFile(upstreamUrl: string, logPath: string, model = 'gpt-5-mini'): DeclarativeFile {
  const routes: readonly Route[] = [
    { path: 'anything', model },
    // A server that shows its reasoning and wants it back.
    { path: 'deepseek', model: 'deepseek-chat', options: { capabilities: DEEPSEEK } },
    // Pings as soon as a second is silent.
    { path: 'lively', model: 'gpt-5-mini', streaming: { ping_interval: 1000 } },
    { path: 'narrow', model: 'gpt-5-mini', largestBody: 200_000 },
    // Which endpoint is asked is left to the gateway.
    { path: 'responses', model: 'gpt-5.6', endpoint: '/v1' },
    { path: 'unnamed' },
    // Nobody listens there.
    { path: 'unreachable', model: 'gpt-5-mini', upstreamUrl: 'http://127.0.0.1:1' },
  ];
  return {
    _format_version: '3.0',
    services: [{ name: 'example-service', url: 'http://httpbin.konghq.com/anything' }],
    routes: routes.map(({ path }) => ({ name: path, paths: [`/${path}`], service: { name: 'example-service' } })),
    plugins: [...routes.map((route) => aiProxy(route, upstreamUrl)), { name: 'file-log', config: { path: logPath } }],
  };
}

function aiProxy(
  { path, model, upstreamUrl, endpoint = '/v1/chat/completions', options, streaming, largestBody }: Route,
  usualUrl: string,
): object {
  return {
    name: 'ai-proxy',
    route: { name: path },
    config: {
      llm_format: 'anthropic',
      route_type: 'llm/v1/chat',
      auth: { header_name: 'Authorization', header_value: `Bearer ${UPSTREAM_KEY}`, allow_override: false },
      model: {
        provider: 'openai',
        ...(model !== undefined && { name: model }),
        options: { upstream_url: `${upstreamUrl ?? usualUrl}${endpoint}`, ...options },
      },
      ...(streaming && { streaming }),
      ...(largestBody !== undefined && { max_request_body_size: largestBody }),
    },
  };
}

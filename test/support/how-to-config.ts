/** A declarative file in Kong's format, as an object. */
export type DeclarativeFile = { readonly _format_version: '3.0'; readonly [entities: string]: unknown };

type Block = { readonly [field: string]: unknown };

export interface HowToOptions {
  /** Base URL of the model's provider, e.g. of the simulation. */
  readonly upstreamUrl: string;
  /** Where file-log writes. Left out: no file-log. */
  readonly logPath?: string;
  /** Default `gpt-5-mini`. `null`: the name that the client sends goes upstream. */
  readonly model?: string | null;
  /** The credential of the gateway at the provider. */
  readonly apiKey?: string;
  /** More of `model.options`. */
  readonly options?: Block;
  /** More of the `config` of ai-proxy, over the values of the how-to. */
  readonly aiProxy?: Block;
  /** More `plugins` entries. */
  readonly plugins?: readonly Block[];
}

export const UPSTREAM_KEY = 'sk-upstream-key-of-the-gateway';

/**
 * The set-up of Kong's how-to "Use Claude Code with AI Gateway and OpenAI": a service, a route at `/anything`, ai-proxy in
 * Anthropic's format in front of an OpenAI model, and a log file.
 */
export function howToConfig({
  upstreamUrl,
  logPath,
  model = 'gpt-5-mini',
  apiKey = UPSTREAM_KEY,
  options = {},
  aiProxy = {},
  plugins = [],
}: HowToOptions): DeclarativeFile {
  return {
    _format_version: '3.0',
    services: [{ name: 'example-service', url: 'http://httpbin.konghq.com/anything' }],
    routes: [{ name: 'example-route', paths: ['/anything'], service: { name: 'example-service' } }],
    plugins: [
      {
        name: 'ai-proxy',
        config: {
          llm_format: 'anthropic',
          route_type: 'llm/v1/chat',
          auth: { header_name: 'Authorization', header_value: `Bearer ${apiKey}`, allow_override: false },
          model: {
            provider: 'openai',
            ...(model !== null && { name: model }),
            options: { upstream_url: `${upstreamUrl}/v1/chat/completions`, ...options },
          },
          max_request_body_size: 524_288,
          ...aiProxy,
        },
      },
      ...(logPath === undefined ? [] : [{ name: 'file-log', config: { path: logPath } }]),
      ...plugins,
    ],
  };
}

/** The upstream's credential; it must never appear in a record. */
export const UPSTREAM_KEY = 'sk-upstream-secret-0123456789';

interface Route {
  readonly name: string;
  readonly model?: string;
  readonly options?: string;
  readonly more?: string;
  readonly url?: string;
}

const DEEPSEEK =
  'capabilities: { max_tokens_field: max_tokens, developer_role: false, reasoning_content: true, vision: false, pdf: false }';

const ROUTES: readonly Route[] = [
  { name: 'anything', model: 'gpt-5-mini' },
  // A server that shows its reasoning and wants it back.
  { name: 'deepseek', model: 'deepseek-chat', options: DEEPSEEK },
  // Pings as soon as a second is silent.
  { name: 'lively', model: 'gpt-5-mini', more: 'streaming: { ping_interval: 1000 }' },
  // The client's own model names go upstream.
  { name: 'unnamed' },
  // Nobody listens there.
  { name: 'unreachable', model: 'gpt-5-mini', url: 'http://127.0.0.1:1' },
];

/** The gateway's declarative file: the how-to's set-up on several routes, with the simulated upstream behind each. */
export function declarativeFile(upstreamUrl: string, logFile: string): string {
  return `_format_version: "3.0"
services:
  - name: example-service
    url: http://httpbin.konghq.com/anything
routes:
${ROUTES.map(({ name }) => `  - { name: ${name}, paths: ["/${name}"], service: { name: example-service } }`).join('\n')}
plugins:
${ROUTES.map((route) => aiProxy(route, upstreamUrl)).join('\n')}
  - name: file-log
    config: { path: "${logFile}" }
`;
}

function aiProxy({ name, model, options, more, url }: Route, upstreamUrl: string): string {
  return `  - name: ai-proxy
    route: { name: ${name} }
    config:
      llm_format: anthropic
      route_type: llm/v1/chat
      auth: { header_name: Authorization, header_value: "Bearer ${UPSTREAM_KEY}", allow_override: false }
      model:
        provider: openai
${model ? `        name: ${model}\n` : ''}        options:
          upstream_url: "${url ?? upstreamUrl}/v1/chat/completions"
${options ? `          ${options}\n` : ''}${more ? `      ${more}\n` : ''}`.trimEnd();
}

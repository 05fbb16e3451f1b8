/** The gateway as a contender: Claude Code in front, an OpenAI model behind, logging and metrics on. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UPSTREAM_MODEL } from '../replies.mjs';
import { RESPONSES_MODEL } from '../responses-replies.mjs';

const ENTRY = fileURLToPath(new URL('../../../dist/apps/gateway/src/main.js', import.meta.url));

const ROUTES = [
  { name: 'anything', model: UPSTREAM_MODEL, endpoint: '/v1/chat/completions' },
  { name: 'responses', model: RESPONSES_MODEL, endpoint: '/v1/responses' },
];

/**
 * @param {{ upstream: string, logFile: string, prometheus: boolean }} options
 * @returns {string} a declarative file; JSON is YAML
 */
function declaration({ upstream, logFile, prometheus }) {
  return JSON.stringify(
    {
      _format_version: '3.0',
      services: [{ name: 'llm', url: upstream, routes: ROUTES.map(({ name }) => ({ name, paths: [`/${name}`] })) }],
      plugins: [
        ...ROUTES.map(({ name, model, endpoint }) => ({
          name: 'ai-proxy',
          route: { name },
          config: {
            llm_format: 'anthropic',
            route_type: 'llm/v1/chat',
            auth: { header_name: 'Authorization', header_value: 'Bearer bench' },
            model: {
              provider: 'openai',
              name: model,
              options: { upstream_url: `${upstream}${endpoint}` },
            },
          },
        })),
        { name: 'file-log', config: { path: logFile } },
        ...(prometheus ? [{ name: 'prometheus', config: { ai_metrics: true } }] : []),
      ],
    },
    undefined,
    2,
  );
}

/** @type {import('../contender.mjs').Launcher} */
export function launchGateway({ upstream, directory, prometheus }) {
  if (!existsSync(ENTRY)) throw new Error('the gateway is not built: run `npm run build` first');
  const config = join(directory, 'bench.yaml');
  const logFile = join(directory, 'exchanges.log');
  writeFileSync(config, declaration({ upstream, logFile, prometheus }));
  return {
    entry: ENTRY,
    logFile,
    env: {
      TIDEGATE_CONFIG: config,
      TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
      TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
      TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
      TIDEGATE_DATA_DIR: join(directory, 'data'),
    },
  };
}

import { encodeAnthropicError, encodeOpenAiError, loadPrices } from '#libs/llm';
import {
  GatewayKeys,
  Plugin,
  UpstreamClient,
  type ErrorEncoder,
  type GatewayPlugin,
  type Handler,
  type PluginEntity,
} from '#libs/plugin-api';
import { aiProxyConfig, checkAiProxyConfig, type AiProxyConfig } from './ai-proxy.config.js';
import { agentFacts } from './agent-facts.js';
import { AiRoute } from './ai-route.js';
import { serveAnthropic } from './anthropic-endpoints.js';
import { declareSecrets } from './credentials.js';
import { failExchange } from './errors.js';
import { serveOpenAi } from './openai-endpoints.js';

/** Sends the clients of one API to the models of another. */
@Plugin({ name: 'ai-proxy', priority: 770, config: aiProxyConfig })
export class AiProxyPlugin implements GatewayPlugin<AiProxyConfig> {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly keys: GatewayKeys,
  ) {}

  handler(config: AiProxyConfig, entity: PluginEntity<AiProxyConfig>): Handler {
    const route = new AiRoute(entity, this.upstream, this.keys);
    // Off the request path: no answer waits for the table of prices.
    setImmediate(() => void loadPrices());
    const serve = config.llm_format === 'anthropic' ? serveAnthropic : serveOpenAi;
    return async (exchange) => {
      declareSecrets(exchange, config.auth);
      // From the headers; the body may tell more, if it is read at all.
      exchange.agent = agentFacts(exchange.request.headers, {}, route.users);
      try {
        await serve(route, exchange);
      } catch (error) {
        throw failExchange(exchange, error);
      }
    };
  }

  errorEncoder(config: AiProxyConfig): ErrorEncoder {
    const encode = config.llm_format === 'anthropic' ? encodeAnthropicError : encodeOpenAiError;
    return (error, { id }) => encode(error, id);
  }

  check(config: AiProxyConfig): ReturnType<typeof checkAiProxyConfig> {
    return checkAiProxyConfig(config);
  }
}

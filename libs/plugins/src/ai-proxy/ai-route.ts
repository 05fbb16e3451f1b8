import {
  CapabilityTable,
  priceOf,
  ReasoningEnvelope,
  type CanonicalUsage,
  type Capabilities,
  type CapabilityOverrides,
  type Price,
  type Remedy,
} from '#libs/llm';
import type { AiFacts, Exchange, GatewayKeys, PluginEntity, UpstreamClient } from '#libs/plugin-api';
import type { AiProxyConfig } from './ai-proxy.config.js';
import { gatewayKeys } from './credentials.js';
import { modelOfId } from './models.js';
import { RecentSet } from './recent-set.js';
import { template, type Template } from './templates.js';
import { TokenCounts } from './token-counts.js';
import { UpstreamSender } from './upstream-request.js';
import { UpstreamTarget } from './upstream-target.js';
import { UserHashes } from './user-hashes.js';

const MOST_REFUSED = 10_000;

/** Characters of a model's name in a header. */
const LONGEST_NAME = 256;

/** What all exchanges of one `ai-proxy` entry share. */
export class AiRoute {
  readonly config: AiProxyConfig;
  readonly target: UpstreamTarget;
  readonly sender: UpstreamSender;
  readonly envelope: ReasoningEnvelope;
  readonly users: UserHashes;
  /** Credentials of the gateway for the upstream. */
  readonly keys: readonly string[];
  readonly tokenCounts = new TokenCounts();
  /** Reasoning items that the upstream has refused; not sent again. */
  readonly refusedReasoning = new RecentSet(MOST_REFUSED);
  /** The server has answered that it has no Responses API. */
  lacksResponses = false;
  private readonly table = new CapabilityTable();
  private readonly overrides: CapabilityOverrides;
  private readonly configuredName: Template | undefined;

  constructor(
    readonly entity: PluginEntity<AiProxyConfig>,
    client: UpstreamClient,
    keys: GatewayKeys,
  ) {
    this.config = entity.config;
    this.target = new UpstreamTarget(entity.config.model);
    this.sender = new UpstreamSender(client, this.target, entity.config);
    this.keys = gatewayKeys(entity.config.auth);
    this.envelope = new ReasoningEnvelope(keys.key('reasoning'));
    this.users = new UserHashes(keys.key('user-hash'));
    this.overrides = entity.config.model.options.capabilities ?? {};
    const { name } = entity.config.model;
    this.configuredName = name === undefined ? undefined : template('name', name);
  }

  /** The model to ask the upstream for: the configured one whatever the client names, else the client’s. */
  model(exchange: Exchange, clientModel: string): string {
    return this.configuredName?.(exchange) ?? modelOfId(clientModel);
  }

  /** `anthropic-version` for an upstream of Anthropic’s API: the client’s, the operator’s, or the one that there is. */
  anthropicVersion(exchange: Exchange): string {
    const asked = exchange.request.headers['anthropic-version'];
    return typeof asked === 'string' ? asked : (this.config.model.options.anthropic_version ?? '2023-06-01');
  }

  capabilities(model: string): Capabilities {
    return this.table.for(model, this.target.compatible ? 'compat' : 'openai', this.overrides);
  }

  /** `X-Kong-LLM-Model` where it is wanted. The name may be the client's own and hold what no header takes. */
  modelHeaders(model: string): [name: string, value: string][] {
    const { model_name_header: isWanted, model: configured } = this.config;
    const shown = model.slice(0, LONGEST_NAME).replace(/[^ -~]/gu, percentEncoded);
    return isWanted ? [['x-kong-llm-model', `${configured.provider}/${shown}`]] : [];
  }

  /** Remembers what the upstream refused; `capabilities` answers anew from now on. */
  learn(model: string, remedy: Remedy): void {
    this.table.learn(model, remedy);
  }

  /** Fills in what the exchange costs, as far as known; at once when the table of prices has been loaded. */
  price(facts: AiFacts, tokens: CanonicalUsage | undefined): void | Promise<void> {
    if (!tokens) return undefined;
    const { provider, options } = this.config.model;
    const fill = ({ cost, source }: Price): void => {
      facts.cost = cost;
      facts.priceSource = source;
    };
    const { requestModel, responseModel = requestModel } = facts;
    // Some servers answer under a name of their own.
    const price = priceOf(provider, [responseModel, requestModel], tokens, options);
    return price instanceof Promise ? price.then(fill) : fill(price);
  }
}

function percentEncoded(character: string): string {
  return Buffer.from(character).toString('hex').replace(/../g, '%$&');
}

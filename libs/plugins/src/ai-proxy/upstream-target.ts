import type { AiProxyConfig } from './ai-proxy.config.js';
import { template, type Template, type TemplateSource } from './templates.js';

/** Whose API the upstream has. */
export type UpstreamFamily = 'openai' | 'anthropic';

interface Provider {
  readonly origin: string;
  readonly paths: Readonly<Record<string, string>>;
}

const PROVIDERS: Readonly<Record<AiProxyConfig['model']['provider'], Provider>> = {
  openai: {
    origin: 'https://api.openai.com',
    paths: {
      chat: '/v1/chat/completions',
      responses: '/v1/responses',
      input_tokens: '/v1/responses/input_tokens',
      completions: '/v1/completions',
      embeddings: '/v1/embeddings',
      models: '/v1/models',
    },
  },
  anthropic: {
    origin: 'https://api.anthropic.com',
    paths: { messages: '/v1/messages', count_tokens: '/v1/messages/count_tokens', models: '/v1/models' },
  },
};

/** The paths of one API family that may be told from another one’s, e.g. `/v1/chat/completions` → `/v1/embeddings`. */
const KNOWN_ENDINGS = [
  '/chat/completions',
  '/responses/input_tokens',
  '/responses',
  '/completions',
  '/embeddings',
  '/messages/count_tokens',
  '/messages',
  '/models',
];

/** A value of the client's may name a part of the address, never end that part or begin another: no `/`, `@`, `?`, `#`, `%`, `..`. */
const PART_OF_ADDRESS = /^(?!\.*$)[\w.~-]+$/;

export interface UpstreamAddress {
  readonly origin: string;
  /** Path and the query of the configured URL, without credentials. */
  readonly path: string;
}

/** Where an entry’s requests go; templates in the address are resolved per request. */
export class UpstreamTarget {
  readonly family: UpstreamFamily;
  /** Of OpenAI's endpoints: the one that the configured address names, which then serves whatever the model. */
  readonly endpoint: 'chat' | 'responses' | undefined;
  /** The configured address leaves it open which endpoint of the API is asked, or can be changed to another. */
  readonly reachesAll: boolean;
  /** False for OpenAI’s own host: unknown model names are then taken for OpenAI models to come. */
  readonly compatible: boolean;
  private readonly provider: Provider;
  private readonly url: Template | undefined;
  private readonly path: string | undefined;
  private readonly fixed = new Map<string, UpstreamAddress>();
  private readonly isFixed: boolean;

  constructor(model: AiProxyConfig['model']) {
    const { upstream_url: url, upstream_path: path } = model.options;
    this.provider = PROVIDERS[model.provider];
    this.family = model.provider;
    const configured = url === undefined ? (path ?? '') : withoutQuery(url);
    this.endpoint = endpointOf(configured);
    this.reachesAll = isRoot(configured) || KNOWN_ENDINGS.some((known) => configured.endsWith(known));
    this.url = url === undefined ? undefined : template('upstream_url', url, PART_OF_ADDRESS);
    this.path = path;
    this.isFixed = url === undefined || !url.includes('$(');
    this.compatible = url !== undefined && !/^https:\/\/(?:[a-z]+\.)?api\.openai\.com(?:[:/]|$)/.test(url);
  }

  /** @param operation a key of the provider’s paths, e.g. `chat`. */
  address(operation: string, exchange: TemplateSource): UpstreamAddress {
    const known = this.fixed.get(operation);
    if (known) return known;
    const address = this.resolve(operation, exchange);
    if (this.isFixed) this.fixed.set(operation, address);
    return address;
  }

  private resolve(operation: string, exchange: TemplateSource): UpstreamAddress {
    const wanted = this.provider.paths[operation];
    if (wanted === undefined) throw new Error(`the provider has no ${operation} endpoint`);
    if (this.url === undefined) {
      const path = this.path === undefined ? wanted : exchangeEnding(this.path, wanted.slice('/v1'.length));
      return { origin: this.provider.origin, path };
    }
    const url = new URL(this.url(exchange));
    return { origin: url.origin, path: joinPath(url.pathname, wanted) + url.search };
  }
}

/**
 * A configured URL is taken as it is, as in Kong, except that one which names a server or an API root (`/`, `…/v1`) gets the
 * endpoint appended, and one which names another endpoint of the same API has it exchanged.
 */
function joinPath(configured: string, wanted: string): string {
  const path = configured.endsWith('/') ? configured.slice(0, -1) : configured;
  if (path === '') return wanted;
  const withoutVersion = wanted.slice('/v1'.length);
  if (path.endsWith('/v1')) return path + withoutVersion;
  return exchangeEnding(configured, withoutVersion);
}

function exchangeEnding(configured: string, wanted: string): string {
  const path = configured.endsWith('/') ? configured.slice(0, -1) : configured;
  const ending = KNOWN_ENDINGS.find((known) => path.endsWith(known));
  return ending === undefined || ending === wanted ? configured : path.slice(0, -ending.length) + wanted;
}

/** The path of a URL, which may hold templates. */
function withoutQuery(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? '';
}

function isRoot(path: string): boolean {
  return path === '' || path === '/' || /\/v1\/?$/.test(path);
}

/** An address of its own that names neither is taken for one of Chat Completions, which every server has. */
function endpointOf(path: string): UpstreamTarget['endpoint'] {
  if (isRoot(path)) return undefined;
  return /\/responses\/?$/.test(path) ? 'responses' : 'chat';
}

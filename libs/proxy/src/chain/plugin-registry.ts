import {
  GatewayError,
  type ConsumerEntity,
  type GatewayPlugin,
  type Handler,
  type Observer,
  type PluginEntity,
  type PluginMetadata,
  type RouteEntity,
  type ServiceEntity,
  type Sink,
} from '#libs/plugin-api';
import type { RuntimeConfig } from '../runtime-config.js';
import { PluginChain, type PreparedPlugin } from './plugin-chain.js';
import { Precedence } from './precedence.js';

export interface InstalledPlugin {
  readonly metadata: PluginMetadata;
  readonly instance: GatewayPlugin;
  /** For whoever validates a configuration before it comes here. */
  readonly check?: NonNullable<GatewayPlugin['check']>;
}

/** Installed plugins by name. */
export type PluginCatalogue = ReadonlyMap<string, InstalledPlugin>;

/** A sink and the `plugins` entry it belongs to. */
export interface EntitySink {
  readonly entity: PluginEntity;
  readonly sink: Sink;
}

/** Says which plugins an exchange meets. Made once per configuration snapshot; every entry is prepared once. */
export class PluginRegistry {
  /** Sinks of all entries, for delivery to run; whoever runs them closes them. */
  readonly sinks: readonly EntitySink[];
  /** Observers of all entries; whoever retires the configuration closes them. */
  readonly observers: readonly Observer[];
  private readonly byName = new Map<string, Precedence<PreparedPlugin>>();
  /** Consumers with an entry of their own; for all others the consumer makes no difference. */
  private readonly scopedConsumers: ReadonlySet<string>;
  private readonly chains = new Map<RouteEntity | undefined, Map<string, PluginChain>>();

  /** @throws Error that starts with the entry's position when a plugin cannot be prepared. */
  constructor(config: Pick<RuntimeConfig, 'plugins' | 'unready'>, catalogue: PluginCatalogue) {
    const sinks: EntitySink[] = [];
    const observers: Observer[] = [];
    const entities = config.plugins.filter((entity) => entity.enabled && speaksHttp(entity));
    try {
      for (const entity of entities) {
        const { prepared, sink } = prepare(entity, catalogue, config.unready.get(entity.id));
        if (sink) sinks.push({ entity, sink });
        if (prepared.observer) observers.push(prepared.observer);
        let precedence = this.byName.get(entity.name);
        if (!precedence) this.byName.set(entity.name, (precedence = new Precedence()));
        precedence.add(prepared);
      }
    } catch (error) {
      // Nobody will run what has been opened so far.
      for (const { sink } of sinks) sink.close?.().catch(() => {});
      for (const observer of observers) observer.close?.().catch(() => {});
      throw error;
    }
    this.sinks = sinks;
    this.observers = observers;
    this.scopedConsumers = new Set(entities.flatMap((entity) => entity.consumer?.id ?? []));
  }

  /** The chain for a scope; the same object for the same scope. Without a route: what is global. */
  chainFor(
    route: RouteEntity | undefined,
    service: ServiceEntity | undefined,
    consumer: ConsumerEntity | undefined,
  ): PluginChain {
    let ofRoute = this.chains.get(route);
    if (!ofRoute) this.chains.set(route, (ofRoute = new Map()));
    const consumerId = consumer && this.scopedConsumers.has(consumer.id) ? consumer.id : '';
    let chain = ofRoute.get(consumerId);
    if (!chain) {
      const ids = { route: route?.id, service: service?.id, consumer: consumerId === '' ? undefined : consumerId };
      chain = new PluginChain([...this.byName.values()].flatMap((precedence) => precedence.winner(ids) ?? []));
      ofRoute.set(consumerId, chain);
    }
    return chain;
  }
}

/** An entry without `protocols` works for all; http and https are one here, TLS may end in front of the gateway. */
function speaksHttp({ protocols }: PluginEntity): boolean {
  return protocols === undefined || protocols.includes('http') || protocols.includes('https');
}

function prepare(
  entity: PluginEntity,
  catalogue: PluginCatalogue,
  unready: string | undefined,
): { prepared: PreparedPlugin; sink: Sink | undefined } {
  const plugin = catalogue.get(entity.name);
  if (!plugin) throw new Error(`${entity.position}: plugin "${entity.name}" is not installed`);
  const { instance, metadata } = plugin;
  const { config } = entity;
  try {
    const sink = unready === undefined ? instance.sink?.(config, entity) : undefined;
    return {
      sink,
      prepared: {
        entity,
        priority: metadata.priority,
        handler: unready === undefined ? instance.handler?.(config, entity) : refusal(unready),
        observer: unready === undefined ? instance.observer?.(config, entity) : undefined,
        encodeError: instance.errorEncoder?.(config),
        sinks: sink !== undefined,
      },
    };
  } catch (error) {
    throw new Error(
      `${entity.position}: plugin "${entity.name}" refused its configuration: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function refusal(sentence: string): Handler {
  return () => Promise.reject(new GatewayError('not_configured', { detail: sentence }));
}

/** The way of traffic through the gateway: listener, router, plugin chain, upstream connections. */
export type { EntitySink, InstalledPlugin, PluginCatalogue } from './chain/plugin-registry.js';
export {
  ExchangeEvents,
  type ExchangeEnd,
  type ExchangeResult,
  type ObservedExchange,
} from './exchange/exchange-events.js';
export { Redaction } from './exchange/redaction.js';
export { ProxyListener, type ListenAddress, type ProxyStatistics } from './listener.js';
export { ProxyModule } from './proxy.module.js';
export { ProxyLog, ProxyOptions } from './proxy-options.js';
export type { RuntimeConfig } from './runtime-config.js';
export { Runtime } from './runtime.js';
export { UpstreamPools } from './upstream/upstream-pools.js';

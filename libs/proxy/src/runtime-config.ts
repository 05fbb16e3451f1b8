import type { ConsumerEntity, PluginEntity, RouteEntity, ServiceEntity } from '#libs/plugin-api';

/** What the proxy needs of a configuration snapshot: validated entities, references resolved to ids. */
export interface RuntimeConfig {
  readonly services: readonly ServiceEntity[];
  readonly routes: readonly RouteEntity[];
  readonly consumers: readonly ConsumerEntity[];
  readonly plugins: readonly PluginEntity[];
  /** Id of a plugin entry that cannot work yet → one sentence that says what is missing; the client sees it. */
  readonly unready: ReadonlyMap<string, string>;
}

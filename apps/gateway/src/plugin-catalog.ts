import { builtInPlugins } from '#libs/plugins';
import { pluginMetadata, type GatewayPlugin, type PluginClass, type PluginMetadata } from '#libs/plugin-api';
import { loadThirdPartyPlugins, PluginLoadError } from './third-party-plugins.js';

export interface CatalogedPlugin {
  readonly type: PluginClass;
  readonly metadata: PluginMetadata;
  /** Works before the plugin is made. */
  readonly check: NonNullable<GatewayPlugin['check']>;
}

/**
 * Every plugin that a declarative file may name, before any of them is made.
 * @throws PluginLoadError when a third party's plugin cannot be loaded or takes a name that is in use.
 */
export async function pluginCatalog(thirdParty: readonly string[]): Promise<ReadonlyMap<string, CatalogedPlugin>> {
  const catalog = new Map<string, CatalogedPlugin>();
  for (const type of [...builtInPlugins, ...(await loadThirdPartyPlugins(thirdParty))]) {
    const metadata = pluginMetadata(type);
    if (!metadata) throw new Error(`${type.name} is not marked with @Plugin`);
    if (catalog.has(metadata.name)) {
      throw new PluginLoadError(`TIDEGATE_PLUGINS: the plugin name "${metadata.name}" is in use already`);
    }
    const plugin = type.prototype as GatewayPlugin;
    const check: NonNullable<GatewayPlugin['check']> = (config) => plugin.check?.(config) ?? [];
    catalog.set(metadata.name, { type, metadata, check });
  }
  return catalog;
}

/** Kong's declarative configuration → one checked, frozen snapshot. */
export { formatFault, type ConfigFault } from './faults.js';
export { compileRoutePath } from './fields.schema.js';
export { DEFAULT_WORKSPACE_ID } from './ids.js';
export { loadConfig, parseConfig, type LoadResult } from './load.js';
export type { CatalogEntry, PluginCatalog } from './plugins.js';
export type * from './snapshot.js';
export { ConfigWatcher, type ConfigWatcherOptions } from './watcher.js';
export type { ConfigSource } from './yaml-tree.js';

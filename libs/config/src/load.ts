import { readDeclarations } from './dialect.js';
import { FaultList, type ConfigFault, type Origin } from './faults.js';
import { linkEntities, type LinkedEntities } from './link.js';
import { configurePlugin, type ConfiguredPlugin, type PluginCatalog } from './plugins.js';
import { assembleSnapshot, type ConfigSnapshot } from './snapshot.js';
import { readSources } from './source.js';
import { child } from './tree.js';
import { backendProblem, type EnvVault } from './vault.js';
import { parseYaml, type ConfigSource } from './yaml-tree.js';

export interface LoadResult {
  /** Undefined when one of the faults is an error. */
  readonly snapshot: ConfigSnapshot | undefined;
  /** Errors and warnings in the order of the files. */
  readonly faults: readonly ConfigFault[];
}

/**
 * Reads declarative files and checks them. A directory stands for its `*.yaml`, `*.yml` and `*.json` files in the order of
 * their names, `-` for standard input. Never rejects: what cannot be read is a fault.
 */
export async function loadConfig(
  files: readonly string[],
  catalog: PluginCatalog,
  env: NodeJS.ProcessEnv,
): Promise<LoadResult> {
  const { sources, faults } = await readSources(files);
  return build(sources, catalog, env, faults);
}

/** The same for texts that are at hand. Never throws. */
export function parseConfig(
  sources: readonly ConfigSource[],
  catalog: PluginCatalog,
  env: NodeJS.ProcessEnv,
): LoadResult {
  return build(sources, catalog, env, new FaultList());
}

function build(
  sources: readonly ConfigSource[],
  catalog: PluginCatalog,
  env: NodeJS.ProcessEnv,
  faults: FaultList,
): LoadResult {
  const files = sources.map(({ file }) => file);
  const roots = sources.map((source) => parseYaml(source, env, faults)).filter((root) => root !== undefined);
  const declarations = readDeclarations(roots, faults);
  const linked = linkEntities(declarations, faults);
  const vaults = vaultsOf(linked, faults);
  warnOfBalancing(linked, faults);
  const plugins = new Map<string, ConfiguredPlugin>();
  for (const plugin of linked.get('plugins') ?? []) {
    const { pluginConfigs } = declarations;
    const configured = configurePlugin(plugin, { catalog, env, faults, pluginConfigs, vaults });
    if (configured !== undefined) plugins.set(plugin.id, configured);
  }
  const found = faults.sorted(files);
  if (faults.hasErrors) return { snapshot: undefined, faults: found };
  const { workspaceName } = declarations;
  const loadedAt = Math.floor(Date.now() / 1000);
  return {
    snapshot: assembleSnapshot({ linked, plugins, workspaceName, files, warnings: found, loadedAt }),
    faults: found,
  };
}

/** The declared vaults by their prefix. */
function vaultsOf(linked: LinkedEntities, faults: FaultList): Map<string, EnvVault> {
  const vaults = new Map<string, EnvVault>();
  for (const { declared, fields } of linked.get('vaults') ?? []) {
    if (fields === undefined) continue;
    const { name, prefix, config } = fields as { name: string; prefix: string; config: { prefix?: string } };
    const problem = backendProblem(name);
    const at: Origin = child(declared.node, 'name')?.origin ?? declared.node.origin;
    if (problem !== undefined) faults.error(at, problem);
    vaults.set(prefix, { prefix: config.prefix ?? '' });
  }
  return vaults;
}

function warnOfBalancing(linked: LinkedEntities, faults: FaultList): void {
  const upstreams = new Set(linked.get('upstreams')?.map(({ fields }) => fields?.['name']));
  for (const { declared, fields } of linked.get('services') ?? []) {
    if (fields === undefined || !upstreams.has(fields['host'])) continue;
    const at = (child(declared.node, 'url') ?? child(declared.node, 'host') ?? declared.node).origin;
    const instead = 'but requests are not balanced over targets here; the name is looked up as a host';
    faults.warn(at, `names an upstream, ${instead}`);
  }
}

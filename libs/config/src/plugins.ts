import { basename } from 'node:path';
import type { PluginEntity, PluginMetadata } from '#libs/plugin-api';
import type { SharedSettings } from './header.js';
import { lineOf, pathBelow, type FaultList, type Origin } from './faults.js';
import { reportIssues, scrub } from './issues.js';
import { isKongPlugin } from './kong-plugins.js';
import type { Linked } from './link.js';
import { didYouMean } from './nearest.js';
import {
  follow,
  isNull,
  mapNode,
  mapScalars,
  OMITTED,
  printedChild,
  scalarsOf,
  stringChild,
  toPlain,
  withDefaults,
  type MapNode,
  type ScalarNode,
  type Unresolved,
} from './tree.js';
import { validate } from './validate.js';
import { isReference, resolveReference, type EnvVault, type VaultResult } from './vault.js';

/** The plugins that exist, by name. */
export type PluginCatalog = ReadonlyMap<string, CatalogEntry>;

export interface CatalogEntry {
  readonly metadata: PluginMetadata;
  /** Problems that the schema cannot see; `config` is the schema's output. */
  readonly check?: (config: never) => readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

export interface ConfiguredPlugin {
  readonly entity: PluginEntity;
  /** The configuration as written, shared parts included, references unresolved. */
  readonly written: unknown;
  /** Why the plugin cannot do its work yet, for the operator and the client; free of secrets. */
  readonly unready: string | undefined;
}

interface PluginContext extends Pick<SharedSettings, 'pluginConfigs'> {
  readonly catalog: PluginCatalog;
  readonly vaults: ReadonlyMap<string, EnvVault>;
  readonly env: NodeJS.ProcessEnv;
  readonly faults: FaultList;
}

/** Puts the `config` of a plugin through the plugin's own schema. Undefined for a disabled or faulty one. */
export function configurePlugin(plugin: Linked, context: PluginContext): ConfiguredPlugin | undefined {
  const { declared, fields } = plugin;
  const enabled = fields?.['enabled'] !== false;
  const entry = catalogEntry(declared.node, enabled, context);
  const written = configOf(declared.node, context);
  if (entry === undefined || written === undefined) return undefined;
  const config = withReferences(written, entry.metadata, context);
  const { faults } = context;

  const missing = enabled ? [...scalarsOf(config)].flatMap(({ unresolved, blank }) => [...unresolved, ...blank]) : [];
  const output = checked(config, entry, faults);
  for (const { origin, reason } of missing) {
    if (output === undefined) faults.error(origin, reason);
    else faults.warn(origin, reason);
  }
  if (output === undefined || fields === undefined || !enabled) return undefined;
  return {
    entity: entityOf(plugin, fields, output.config),
    written: toPlain(config, (scalar) => scalar.written),
    unready: missing.length === 0 ? undefined : sentence(missing),
  };
}

function catalogEntry(node: MapNode, enabled: boolean, { catalog, faults }: PluginContext): CatalogEntry | undefined {
  const name = stringChild(node, 'name');
  const found = name === undefined ? undefined : catalog.get(name);
  if (name === undefined || found !== undefined) return found;
  const at: Origin = node.entries.get('name')?.node.origin ?? node.origin;
  const names = [...catalog.keys()].sort();
  const available = names.length === 0 ? 'none is available' : `available: ${names.join(', ')}`;
  const shown = printedChild(node, 'name');
  if (!isKongPlugin(name)) faults.error(at, `unknown plugin ${shown}${didYouMean(shown, names)}; ${available}`);
  else if (enabled)
    faults.error(at, `${shown} is a plugin of Kong that is not available in this gateway; ${available}`);
  else
    faults.warn(at, `${shown} is a plugin of Kong that is not available in this gateway; it is disabled here anyway`);
  return undefined;
}

/** The plugin's own `config` over the shared one that `_config` names. */
function configOf(plugin: MapNode, { pluginConfigs, faults }: PluginContext): MapNode | undefined {
  const own = plugin.entries.get('config')?.node;
  if (own !== undefined && own.kind !== 'map' && !isNull(own)) {
    faults.error(own.origin, 'expected a map, the configuration of the plugin');
    return undefined;
  }
  const empty = mapNode({ ...plugin.origin, path: pathBelow(plugin.origin.path, 'config') });
  const config = own?.kind === 'map' ? own : empty;
  const source = plugin.entries.get('_config')?.node;
  if (source === undefined || isNull(source)) return config;
  const name = stringChild(plugin, '_config');
  const shared = name === undefined ? undefined : pluginConfigs.get(name);
  if (shared === undefined) {
    const names = [...pluginConfigs.keys()];
    faults.error(source.origin, `no entry of _plugin_configs has this name${didYouMean(name ?? '', names)}`);
    return undefined;
  }
  return withDefaults(config, shared);
}

/** Resolves `{vault://…}` where the plugin takes it; Kong takes it in whole values only. */
function withReferences(config: MapNode, metadata: PluginMetadata, { vaults, env, faults }: PluginContext): MapNode {
  return mapScalars(config, (scalar, keys) => {
    const { value } = scalar;
    if (scalar.fromEnvironment || typeof value !== 'string' || !isReference(value)) return scalar;
    const { referenceable } = metadata;
    if (referenceable !== undefined && !referenceable.some((path) => covers(path, keys))) {
      const reason = `a vault reference cannot stand here, only in: ${referenceable.join(', ')}`;
      return resolved(scalar, { ok: false, kind: 'invalid', reason }, faults);
    }
    return resolved(scalar, resolveReference(value, vaults, env), faults);
  });
}

function covers(path: string, keys: readonly string[]): boolean {
  return path.split('.').every((key, index) => key === keys[index]);
}

function resolved(scalar: ScalarNode, result: VaultResult, faults: FaultList): ScalarNode {
  const { origin } = scalar;
  if (!result.ok && result.kind === 'invalid') faults.error(origin, result.reason);
  const base = { ...scalar, fromEnvironment: true };
  if (!result.ok) {
    const readings: ScalarNode['readings'] = result.kind === 'unset' ? [result.variable, OMITTED] : [OMITTED];
    return { ...base, value: '', readings, unresolved: [{ origin, reason: result.reason }] };
  }
  const blank = result.value === '' ? [{ origin, reason: `environment variable ${result.variable} is empty` }] : [];
  return { ...base, value: result.value, readings: [], blank };
}

/** The schema's output, boxed, or undefined when something is wrong. */
function checked(config: MapNode, entry: CatalogEntry, faults: FaultList): { readonly config: unknown } | undefined {
  const schema = entry.metadata.config;
  try {
    const result = validate(schema, config);
    if (!result.ok) {
      reportIssues(result.issues, schema, config, faults);
      return undefined;
    }
    const problems = (entry.check?.(result.output as never) ?? []).filter(({ path }) => !awaitsValue(config, path));
    for (const { path, message } of problems) faults.error(follow(config, path).origin, scrub(message, config));
    return problems.length === 0 ? { config: result.output } : undefined;
  } catch (error) {
    const what = error instanceof Error ? scrub(error.message, config) : 'unknown error';
    faults.error(config.origin, `the plugin cannot check its configuration: ${what}`);
    return undefined;
  }
}

/** A problem with a field whose value is still missing, or with a map around it, cannot be told yet. */
function awaitsValue(config: MapNode, path: readonly PropertyKey[]): boolean {
  const { node } = follow(config, path);
  return (
    node !== undefined && [...scalarsOf(node)].some(({ unresolved, blank }) => unresolved.length + blank.length > 0)
  );
}

function entityOf(plugin: Linked, fields: Readonly<Record<string, unknown>>, config: unknown): PluginEntity {
  const { created_at: _created, updated_at: _updated, ...own } = fields;
  const relations = Object.fromEntries(Object.entries(plugin.relations).map(([field, id]) => [field, { id }]));
  const position = lineOf(plugin.declared.node.origin);
  return { ...own, ...relations, id: plugin.id, config, position } as unknown as PluginEntity;
}

/** The file by its name alone: a client may see this, and the folders are none of its business. */
function sentence(missing: readonly Unresolved[]): string {
  return [...new Set(missing.map(({ origin, reason }) => `${reason} (${basename(origin.file)}:${origin.line})`))].join(
    '; ',
  );
}

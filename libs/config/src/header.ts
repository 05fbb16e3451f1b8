import { z } from '#libs/plugin-api';
import type { FaultList } from './faults.js';
import { reportIssues, unknownField } from './issues.js';
import { KINDS, type EntityKind } from './kinds.js';
import { child, isNull, scalarsOf, withDefaults, type ConfigNode, type ListNode, type MapNode } from './tree.js';
import { validate } from './validate.js';

/** What a file says about itself, apart from its entities. */
export interface Header {
  readonly formatVersion: '1.1' | '2.1' | '3.0';
  /** Tags that every entity of the file gets. */
  readonly selectTags: ListNode | undefined;
  /** True when passwords stand in the file as Kong's hashes. */
  readonly hashedPasswords: boolean;
}

/** What all files together say about every entity. */
export interface SharedSettings {
  /** Fields that the entities of a kind have unless they say otherwise. */
  readonly defaults: ReadonlyMap<EntityKind, MapNode>;
  /** Shared plugin configurations by name. */
  readonly pluginConfigs: ReadonlyMap<string, MapNode>;
  readonly workspaceName: string;
}

const formatVersion = z.enum(['1.1', '2.1', '3.0'], {
  error: ({ input }) =>
    typeof input === 'number' ? 'must be a string, in quotes: one of "1.1", "2.1", "3.0"' : undefined,
});

const defaultsOf = z.record(z.string(), z.unknown());

const headerSchema = z.strictObject({
  _format_version: formatVersion.default('3.0'),
  _transform: z.boolean().default(true),
  _comment: z.string().optional(),
  _ignore: z.array(z.unknown()).optional(),
  _workspace: z.string().min(1).optional(),
  _plugin_configs: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  _info: z
    .strictObject({
      select_tags: z.array(z.string()).optional(),
      default_lookup_tags: z.unknown().optional(),
      defaults: z
        .strictObject({ service: defaultsOf, route: defaultsOf, upstream: defaultsOf, target: defaultsOf })
        .partial()
        .optional(),
      skip_hash_for_basic_auth: z.boolean().default(false),
      consumer_group_policy_overrides: z.boolean().optional(),
      include_plugin_definitions: z.boolean().optional(),
    })
    .optional(),
});

/** Root keys that are no lists of entities. */
export const HEADER_KEYS: readonly string[] = Object.keys(headerSchema.shape);

const DEFAULTED: Readonly<Record<string, EntityKind>> = {
  service: 'services',
  route: 'routes',
  upstream: 'upstreams',
  target: 'targets',
};

/** Settings of decK's own way of syncing; without a server to sync to, they mean nothing. */
const SYNC_SETTINGS = ['default_lookup_tags', 'consumer_group_policy_overrides', 'include_plugin_definitions'];

/** Reads the header of one file. `root` holds the header keys only. */
export function readHeader(root: MapNode, faults: FaultList): Header {
  const settings = [root, child(root, '_info')].filter((node) => node !== undefined);
  for (const node of settings) reportUnresolved(node, faults);
  for (const key of SYNC_SETTINGS) {
    const setting = child(child(root, '_info'), key);
    if (setting !== undefined && !isNull(setting)) {
      faults.warn(setting.origin, 'concerns the syncing of decK and is ignored');
    }
  }
  const result = validate(headerSchema, root);
  if (!result.ok) {
    reportIssues(result.issues, headerSchema, root, faults);
    return { formatVersion: '3.0', selectTags: undefined, hashedPasswords: false };
  }
  const header = result.output as z.output<typeof headerSchema>;
  const selectTags = child(child(root, '_info'), 'select_tags');
  return {
    formatVersion: header._format_version,
    selectTags: selectTags?.kind === 'list' ? selectTags : undefined,
    hashedPasswords: !header._transform || header._info?.skip_hash_for_basic_auth === true,
  };
}

/** Only the scalars of the header itself; those of shared plugin configurations are looked at where they are used. */
function reportUnresolved(node: ConfigNode, faults: FaultList): void {
  if (node.kind !== 'map') return;
  for (const [key, entry] of node.entries) {
    if (key === '_plugin_configs' || key === '_ignore' || key === '_info' || key === 'defaults') continue;
    for (const scalar of scalarsOf(entry.node)) {
      for (const { origin, reason } of scalar.unresolved) faults.error(origin, reason);
    }
  }
}

/** Puts together what the files share. The first file wins where two give a default for the same field, as in decK. */
export function readSharedSettings(roots: readonly MapNode[], faults: FaultList): SharedSettings {
  const defaults = new Map<EntityKind, MapNode>();
  const pluginConfigs = new Map<string, MapNode>();
  let workspace: ConfigNode | undefined;
  for (const root of roots) {
    for (const [name, kind] of Object.entries(DEFAULTED)) {
      const node = child(child(child(root, '_info'), 'defaults'), name);
      if (node?.kind !== 'map') continue;
      checkDefaults(node, kind, faults);
      const before = defaults.get(kind);
      defaults.set(kind, before === undefined ? node : withDefaults(before, node));
    }
    const configs = child(root, '_plugin_configs');
    for (const [name, { key, node }] of configs?.kind === 'map' ? configs.entries : []) {
      if (pluginConfigs.has(name)) faults.error(key, `a plugin configuration of this name is already declared`);
      else if (node.kind === 'map') pluginConfigs.set(name, node);
    }
    const own = child(root, '_workspace');
    if (own?.kind === 'scalar' && workspace?.kind === 'scalar' && own.value !== workspace.value) {
      faults.error(own.origin, 'the files name different workspaces; there is one');
    }
    workspace ??= own;
  }
  const name = workspace?.kind === 'scalar' ? workspace.value : undefined;
  return { defaults, pluginConfigs, workspaceName: typeof name === 'string' ? name : 'default' };
}

/** Names only: values are checked in the entities that get them. */
function checkDefaults(node: MapNode, kind: EntityKind, faults: FaultList): void {
  const { schema, unsupported } = KINDS[kind];
  const allowed = fieldNames(schema);
  for (const [key, entry] of node.entries) {
    if (!allowed.includes(key) && !Object.hasOwn(unsupported, key)) faults.error(entry.key, unknownField(key, allowed));
  }
}

function fieldNames(schema: z.ZodType): string[] {
  const object = schema instanceof z.ZodPipe ? schema.in : schema;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

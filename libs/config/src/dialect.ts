import type { FaultList } from './faults.js';
import { HEADER_KEYS, readHeader, readSharedSettings, type Header, type SharedSettings } from './header.js';
import { unknownField } from './issues.js';
import { ENTITY_KINDS, IGNORED_ROOTS, KINDS, UNSUPPORTED_ROOTS, type EntityKind, type RelationField } from './kinds.js';
import {
  isNull,
  withDefaults,
  withEntries,
  without,
  type ConfigNode,
  type ListNode,
  type MapNode,
  type ScalarNode,
} from './tree.js';

/** An entity as written, taken out of its nesting. Every item of a file becomes one, right or wrong. */
export interface Declared {
  readonly kind: EntityKind;
  /** Its fields and relations, defaults of the file included; no nested lists, no comments. */
  readonly node: MapNode;
  /** The entity around it. */
  readonly parent: { readonly field: RelationField; readonly entity: Declared } | undefined;
}

export interface Declarations extends SharedSettings {
  readonly entities: ReadonlyMap<EntityKind, readonly Declared[]>;
}

/**
 * Makes flat lists of what decK and Kong without a database let one write nested, by kind: the two dialects differ in nothing
 * but that. The order is that of the files, whatever the order of the keys at their roots.
 */
export function readDeclarations(roots: readonly ConfigNode[], faults: FaultList): Declarations {
  const maps = roots.filter((root) => isRoot(root, faults));
  const first = maps[0];
  if (first !== undefined && !maps.some((root) => root.entries.has('_format_version'))) {
    const at = { ...first.origin, path: '_format_version' };
    faults.error(at, 'is required: must be one of "1.1", "2.1", "3.0", in quotes');
  }
  const headers = maps.map((root) => readHeader(headerOf(root, faults), faults));
  const shared = readSharedSettings(maps, faults);
  const reader = new DeclarationReader(shared, faults);
  maps.forEach((root, index) => {
    const header = headers[index];
    if (header !== undefined) reader.read(root, header);
  });
  return { ...shared, entities: reader.entities };
}

function isRoot(node: ConfigNode, faults: FaultList): node is MapNode {
  if (node.kind === 'map') return true;
  faults.error(node.origin, isNull(node) ? 'the file is empty' : 'the file must be a map with the key _format_version');
  return false;
}

/** The root without its entities; says what cannot be one. */
function headerOf(root: MapNode, faults: FaultList): MapNode {
  const allowed = [...HEADER_KEYS, ...ENTITY_KINDS];
  const rest: string[] = [];
  for (const [key, entry] of root.entries) {
    if (HEADER_KEYS.includes(key)) continue;
    rest.push(key);
    const unsupported = UNSUPPORTED_ROOTS.get(key);
    const ignored = IGNORED_ROOTS.get(key);
    if (isEmpty(entry.node) || (ENTITY_KINDS as readonly string[]).includes(key)) continue;
    if (unsupported !== undefined) faults.error(entry.key, `is not supported by this gateway: ${unsupported}`);
    else if (ignored !== undefined) faults.warn(entry.key, `is ignored: ${ignored}`);
    else faults.error(entry.key, unknownField(key, allowed));
  }
  return without(root, rest);
}

class DeclarationReader {
  readonly entities = new Map<EntityKind, Declared[]>(ENTITY_KINDS.map((kind) => [kind, []]));

  constructor(
    private readonly shared: SharedSettings,
    private readonly faults: FaultList,
  ) {}

  read(root: MapNode, header: Header): void {
    for (const kind of ENTITY_KINDS) this.#list(kind, root.entries.get(kind)?.node, header, undefined);
  }

  #list(kind: EntityKind, list: ConfigNode | undefined, header: Header, parent: Declared['parent']): void {
    if (list === undefined || isNull(list)) return;
    if (list.kind !== 'list') {
      this.faults.error(list.origin, `expected a list of ${kind}`);
      return;
    }
    for (const item of list.items) {
      if (item.kind === 'map') this.#entity(kind, item, header, parent);
      else this.faults.error(item.origin, `expected a map, one of the ${kind}`);
    }
  }

  #entity(kind: EntityKind, item: MapNode, header: Header, parent: Declared['parent']): void {
    const { children, unsupported } = KINDS[kind];
    const defaults = this.shared.defaults.get(kind);
    const all = defaults === undefined ? item : withDefaults(item, defaults);
    for (const [field, reason] of Object.entries(unsupported)) {
      const entry = all.entries.get(field);
      if (entry === undefined || isEmpty(entry.node)) continue;
      this.faults.error(entry.key, `is not supported by this gateway: ${reason}`);
    }
    if (kind === 'basicauth_credentials' && header.hashedPasswords) {
      const message =
        'hashed passwords (_transform: false) are not supported by this gateway; write the password itself';
      this.faults.error(item.origin, message);
    }
    const nested = Object.keys(children);
    let node = without(all, [...nested, ...Object.keys(unsupported), '_comment', '_ignore']);
    if (kind === 'routes' && header.formatVersion !== '3.0') node = withMarkedRegexPaths(node);
    if (header.selectTags !== undefined) node = withTags(node, header.selectTags);
    const declared: Declared = { kind, node, parent };
    this.entities.get(kind)?.push(declared);
    for (const [name, field] of Object.entries(children)) {
      this.#list(name as EntityKind, all.entries.get(name)?.node, header, { field, entity: declared });
    }
  }
}

function isEmpty(node: ConfigNode): boolean {
  if (node.kind === 'scalar') return node.value === null;
  return (node.kind === 'list' ? node.items.length : node.entries.size) === 0;
}

/** Before format 3.0 a path was taken for a regular expression when it has other characters than a plain path has. */
function withMarkedRegexPaths(route: MapNode): MapNode {
  const paths = route.entries.get('paths');
  if (paths?.node.kind !== 'list') return route;
  const items = paths.node.items.map((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' && !/^[a-zA-Z0-9.\-_~/%]*$/.test(item.value)
      ? { ...item, value: `~${item.value}`, written: `~${String(item.written)}` }
      : item,
  );
  return withEntries(route, [['paths', { ...paths, node: { ...paths.node, items } }]]);
}

function withTags(node: MapNode, added: ListNode): MapNode {
  const tags = node.entries.get('tags');
  if (tags !== undefined && tags.node.kind !== 'list') return node;
  const own = tags?.node.kind === 'list' ? tags.node.items : [];
  const known = new Set(own.map((item) => (item as ScalarNode).value));
  const items = [...own, ...added.items.filter((item) => !known.has((item as ScalarNode).value))];
  const list: ConfigNode = { kind: 'list', origin: tags?.node.origin ?? added.origin, items };
  return withEntries(node, [['tags', { key: tags?.key ?? added.origin, node: list }]]);
}

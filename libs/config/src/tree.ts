import { pathBelow, type Origin } from './faults.js';

/**
 * A declarative file as read: plain data in which every value knows where it stands. Nodes are never changed; the functions
 * below give new ones.
 */
export type ConfigNode = MapNode | ListNode | ScalarNode;

export type Scalar = string | number | boolean | null;

/** The reading of a scalar as if the field were not there. */
export const OMITTED = Symbol('omitted');

export interface MapNode {
  readonly kind: 'map';
  readonly origin: Origin;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  /** Where the key stands. */
  readonly key: Origin;
  readonly node: ConfigNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly origin: Origin;
  readonly items: readonly ConfigNode[];
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly origin: Origin;
  /** The value, environment variables put in. */
  readonly value: Scalar;
  /**
   * What else the scalar may mean, best first, for a schema that does not take `value`: YAML 1.1's `yes`, a number from the
   * environment, null for an absent field.
   */
  readonly readings: readonly (Scalar | typeof OMITTED)[];
  /** The text with references in place of their values: safe to print, and what the configuration's hash is made of. */
  readonly written: Scalar;
  /** True when a part of the value came from the environment. Such a value is never printed. */
  readonly fromEnvironment: boolean;
  /** References that gave no value. */
  readonly unresolved: readonly Unresolved[];
  /** References to variables that are set, but empty: harmless in most places, no credential in a plugin's. */
  readonly blank: readonly Unresolved[];
}

export interface Unresolved {
  readonly origin: Origin;
  /** A clause such as `environment variable X is not set`, without any value. */
  readonly reason: string;
}

export function mapNode(origin: Origin, entries: ReadonlyMap<string, MapEntry> = new Map()): MapNode {
  return { kind: 'map', origin, entries };
}

/** A scalar without references. */
export function scalarNode(origin: Origin, value: Scalar, readings: ScalarNode['readings'] = []): ScalarNode {
  return { kind: 'scalar', origin, value, readings, written: value, fromEnvironment: false, unresolved: [], blank: [] };
}

export function child(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.node : undefined;
}

/** The string below `key`, if there is a string. */
export function stringChild(node: ConfigNode | undefined, key: string): string | undefined {
  const found = child(node, key);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}

/** A text for messages: the value, or the reference when the value came from the environment. */
export function printedChild(node: ConfigNode | undefined, key: string): string {
  const found = child(node, key);
  return found?.kind === 'scalar' ? printed(found) : '';
}

export function printed(scalar: ScalarNode): string {
  return String(scalar.fromEnvironment ? scalar.written : scalar.value);
}

export function isNull(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null;
}

export function without(node: MapNode, keys: Iterable<string>): MapNode {
  const entries = new Map(node.entries);
  for (const key of keys) entries.delete(key);
  return entries.size === node.entries.size ? node : mapNode(node.origin, entries);
}

export function withEntries(node: MapNode, added: Iterable<readonly [string, MapEntry]>): MapNode {
  return mapNode(node.origin, new Map([...node.entries, ...added]));
}

/** `base` below `node`: what `node` has wins, maps are merged at every depth. */
export function withDefaults(node: MapNode, base: MapNode): MapNode {
  const entries = new Map(node.entries);
  for (const [key, entry] of base.entries) {
    const own = entries.get(key);
    if (own === undefined) entries.set(key, entry);
    else if (own.node.kind === 'map' && entry.node.kind === 'map') {
      entries.set(key, { key: own.key, node: withDefaults(own.node, entry.node) });
    }
  }
  return mapNode(node.origin, entries);
}

/** The same tree with every scalar replaced by what `change` gives. `keys` are the map keys on the way, without indices. */
export function mapScalars<T extends ConfigNode>(
  node: T,
  change: (scalar: ScalarNode, keys: readonly string[]) => ScalarNode,
  keys: readonly string[] = [],
): T {
  return changed(node, change, keys) as T;
}

function changed(
  node: ConfigNode,
  change: (scalar: ScalarNode, keys: readonly string[]) => ScalarNode,
  keys: readonly string[],
): ConfigNode {
  if (node.kind === 'scalar') return change(node, keys);
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => changed(item, change, keys)) };
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of node.entries) {
    entries.set(key, { key: entry.key, node: changed(entry.node, change, [...keys, key]) });
  }
  return mapNode(node.origin, entries);
}

export function* scalarsOf(node: ConfigNode): Generator<ScalarNode> {
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'list') for (const item of node.items) yield* scalarsOf(item);
  else for (const entry of node.entries.values()) yield* scalarsOf(entry.node);
}

/** The plain data of a tree; `read` chooses what each scalar stands for, and may leave a field of a map out. */
export function toPlain(
  node: ConfigNode,
  read: (scalar: ScalarNode) => Scalar | typeof OMITTED = (scalar) => scalar.value,
): unknown {
  if (node.kind === 'scalar') {
    const value = read(node);
    return value === OMITTED ? null : value;
  }
  if (node.kind === 'list') return node.items.map((item) => toPlain(item, read));
  const plain: Record<string, unknown> = {};
  for (const [key, { node: value }] of node.entries) {
    if (value.kind === 'scalar' && read(value) === OMITTED) continue;
    plain[key] = toPlain(value, read);
  }
  return plain;
}

export interface Found {
  /** The node at the path, or undefined when the path leads beyond what the file has. */
  readonly node: ConfigNode | undefined;
  /** Where to point: at the node, or else at its nearest ancestor in the file, with the full path. */
  readonly origin: Origin;
}

/** Follows a path of keys and indices below `root`. */
export function follow(root: ConfigNode, path: readonly PropertyKey[]): Found {
  let node: ConfigNode | undefined = root;
  let origin = root.origin;
  for (const key of path) {
    const step = typeof key === 'number' ? key : String(key);
    const next: ConfigNode | undefined = node?.kind === 'list' ? node.items[Number(step)] : child(node, String(step));
    origin = next?.origin ?? { ...origin, path: pathBelow(origin.path, step) };
    node = next;
  }
  return { node, origin };
}

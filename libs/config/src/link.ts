import { canonicalJson } from './canonical.js';
import type { Declared, Declarations } from './dialect.js';
import { lineOf, pathBelow, type FaultList, type Origin } from './faults.js';
import { entityId } from './ids.js';
import { reportIssues, unknownField } from './issues.js';
import { ENTITY_KINDS, KINDS, type EntityKind, type RelationField } from './kinds.js';
import { didYouMean } from './nearest.js';
import { expandUrl } from './service-url.js';
import {
  child,
  isNull,
  printed,
  scalarsOf,
  stringChild,
  toPlain,
  without,
  type ConfigNode,
  type MapNode,
  type ScalarNode,
} from './tree.js';
import { validate } from './validate.js';
import { isReference } from './vault.js';

/** An entity that is checked, except a plugin's configuration, and knows its id and those of its relations. */
export interface Linked {
  readonly declared: Declared;
  readonly id: string;
  readonly relations: Readonly<Partial<Record<RelationField, string>>>;
  /** Own fields with defaults; undefined when there is a fault in them. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Own fields as written, references unresolved. */
  readonly written: unknown;
}

export type LinkedEntities = ReadonlyMap<EntityKind, readonly Linked[]>;

/** Checks all entities, gives ids, resolves relations and finds duplicates. Messages about the latter two are Kong's. */
export function linkEntities(declarations: Declarations, faults: FaultList): LinkedEntities {
  const linker = new Linker(faults);
  for (const kind of ENTITY_KINDS) {
    for (const declared of declarations.entities.get(kind) ?? []) linker.add(declared);
  }
  return linker.linked;
}

class Linker {
  readonly linked = new Map<EntityKind, Linked[]>(ENTITY_KINDS.map((kind) => [kind, []]));
  readonly #byDeclared = new Map<Declared, Linked>();
  /** Kind, then handle or id. */
  readonly #byName = new Map<EntityKind, Map<string, Linked>>();
  readonly #byId = new Map<EntityKind, Map<string, Linked>>();
  /** What may exist once, and where it first did. */
  readonly #first = new Map<string, Origin>();
  readonly #alike = new Map<string, number>();

  constructor(private readonly faults: FaultList) {
    for (const kind of ENTITY_KINDS) {
      this.#byName.set(kind, new Map());
      this.#byId.set(kind, new Map());
    }
  }

  add(declared: Declared): void {
    const { kind } = declared;
    const { schema, relations, handle } = KINDS[kind];
    for (const scalar of scalarsOf(ownFields(declared))) {
      for (const { origin, reason } of scalar.unresolved) this.faults.error(origin, reason);
      if (typeof scalar.written === 'string' && isReference(scalar.written)) {
        const instead = '; elsewhere values come from the environment with ${{ env "NAME" }}';
        this.faults.error(scalar.origin, `a vault reference can only stand in the config of a plugin${instead}`);
      }
    }
    const node = kind === 'services' ? expandUrl(declared.node, this.faults) : declared.node;
    const own = without(ownFields({ ...declared, node }), Object.keys(relations));
    const result = validate(schema, own);
    if (!result.ok) reportIssues(result.issues, schema, own, this.faults);

    const related = this.#relations(declared);
    const written = toPlain(own, (scalar) => scalar.written);
    const linked: Linked = {
      declared,
      id: stringChild(own, 'id')?.toLowerCase() ?? this.#id(declared, own, related, written),
      relations: related,
      fields: result.ok ? (result.output as Record<string, unknown>) : undefined,
      written,
    };
    this.linked.get(kind)?.push(linked);
    this.#byDeclared.set(declared, linked);
    const unique = this.#checkUnique(linked, own);
    if (unique) this.#checkOnce(kind, 'primary key', linked.id, own.origin, linked.id);
    const name = handle === undefined ? undefined : stringChild(own, handle);
    if (name !== undefined) setOnce(this.#byName.get(kind), name, linked);
    setOnce(this.#byId.get(kind), linked.id, linked);
  }

  #relations(declared: Declared): Partial<Record<RelationField, string>> {
    const found: Partial<Record<RelationField, string>> = {};
    for (const [name, { to, required }] of Object.entries(KINDS[declared.kind].relations)) {
      const field = name as RelationField;
      const around = declared.parent?.field === field ? declared.parent.entity : undefined;
      const outer = around === undefined ? undefined : this.#byDeclared.get(around);
      const entry = declared.node.entries.get(field);
      const named = entry === undefined || isNull(entry.node) ? undefined : this.#resolve(field, to, entry.node);
      if (outer !== undefined && named !== undefined && named !== outer) {
        const message = `this entry stands within ${around?.node.origin.path ?? to} and belongs to it; it cannot name another`;
        this.faults.error(entry?.key ?? declared.node.origin, message);
      }
      const target = outer ?? named;
      if (target !== undefined) found[field] = target.id;
      else if (required && (entry === undefined || isNull(entry.node))) {
        const at = { ...declared.node.origin, path: pathBelow(declared.node.origin.path, field) };
        this.faults.error(at, `is required: the name or id of one of the ${to}`);
      }
    }
    return found;
  }

  /** decK writes `{name: x}` or `{id: x}`, Kong without a database writes `x`; both are taken. */
  #resolve(field: RelationField, to: EntityKind, node: ConfigNode): Linked | undefined {
    const handle = KINDS[to].handle ?? 'name';
    const keys = [...new Set(['id', handle, 'name'])];
    for (const [key, entry] of node.kind === 'map' ? node.entries : []) {
      if (!keys.includes(key)) this.faults.error(entry.key, unknownField(key, keys));
    }
    const named = node.kind === 'scalar' ? node : keys.map((key) => child(node, key)).find(isString);
    if (!isString(named)) {
      this.faults.error(
        node.origin,
        `expected the ${handle} or id of one of the ${to}, as a string or as {${handle}: …}`,
      );
      return undefined;
    }
    const names = this.#byName.get(to);
    const found = names?.get(named.value) ?? this.#byId.get(to)?.get(named.value.toLowerCase());
    if (found === undefined && named.unresolved.length === 0) {
      const text = printed(named);
      const hint = didYouMean(text, names?.keys() ?? []);
      this.faults.error(node.origin, `invalid reference '${field}: ${text}' (no such entry in '${to}')${hint}`);
    }
    return found;
  }

  #id(declared: Declared, own: MapNode, related: Linked['relations'], written: unknown): string {
    const { kind } = declared;
    const { handle, idFrom } = KINDS[kind];
    const parts = idFrom && keyParts(idFrom, declared, own, related);
    if (parts !== undefined) return entityId(kind, [kind, '*', ...parts].join(':'));
    const name = handle === undefined ? undefined : stringChild(own, handle);
    if (name !== undefined) return entityId(kind, name);
    // Kong draws lots for an entity without a name; here it keeps its id as long as it keeps its content.
    const content = canonicalJson([written, related]);
    const turn = this.#alike.get(kind + content) ?? 0;
    this.#alike.set(kind + content, turn + 1);
    return entityId(kind, turn === 0 ? content : `${content}#${turn}`);
  }

  /** False when the entity has a name or key that another one has already. */
  #checkUnique({ declared, relations }: Linked, own: MapNode): boolean {
    const { unique, secret = [], idFrom = [] } = KINDS[declared.kind];
    let fine = true;
    for (const field of unique) {
      const value = stringChild(own, field);
      if (value === undefined) continue;
      const shown = secret.includes(field) || isFromEnvironment(own, field) ? undefined : value;
      const at = own.entries.get(field)?.key ?? own.origin;
      fine = this.#checkOnce(declared.kind, field, value, at, shown) && fine;
    }
    const named = idFrom.find((field) => !(field in KINDS[declared.kind].relations));
    if (named !== undefined && !unique.includes(named)) {
      const parts = keyParts(idFrom, declared, own, relations);
      const shown = stringChild(own, named);
      if (parts !== undefined) {
        fine = this.#checkOnce(declared.kind, named, JSON.stringify(parts), own.origin, shown) && fine;
      }
    }
    return fine;
  }

  #checkOnce(kind: EntityKind, field: string, value: string, at: Origin, shown: string | undefined): boolean {
    const key = JSON.stringify([kind, field, value]);
    const first = this.#first.get(key);
    if (first === undefined) {
      this.#first.set(key, at);
      return true;
    }
    const scope = kind === 'plugins' && field === 'name' ? ' in the same scope' : '';
    const what = shown === undefined ? `this ${field}` : `${field} set to '${shown}'`;
    const message = `uniqueness violation: '${kind}' entity with ${what} already declared${scope}, in ${lineOf(first)}`;
    this.faults.error(at, message);
    return false;
  }
}

/** The first of two keeps the name, so that references to it stay meaningful. */
function setOnce<T>(map: Map<string, T> | undefined, key: string, value: T): void {
  if (map?.has(key) === false) map.set(key, value);
}

/** What the entity's schema checks, relations included. A plugin's `config` has a schema of its own. */
function ownFields({ kind, node }: Declared): MapNode {
  return kind === 'plugins' ? without(node, ['config', '_config']) : node;
}

/** The values of the fields that tell an entity from others; a relation that is not used is empty. Undefined: one is faulty. */
function keyParts(
  fields: readonly string[],
  { kind, node }: Declared,
  own: MapNode,
  related: Linked['relations'],
): string[] | undefined {
  const parts = fields.map((field) => {
    if (!(field in KINDS[kind].relations)) return stringChild(own, field);
    const entry = node.entries.get(field);
    return related[field as RelationField] ?? (entry === undefined || isNull(entry.node) ? '' : undefined);
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function isString(node: ConfigNode | undefined): node is ScalarNode & { readonly value: string } {
  return node?.kind === 'scalar' && typeof node.value === 'string';
}

function isFromEnvironment(own: MapNode, field: string): boolean {
  const node = own.entries.get(field)?.node;
  return node?.kind === 'scalar' && node.fromEnvironment;
}

import type { JsonSchema } from './canonical/request.js';

/** Deeper schemas are cut: no model reads them, and the walk must not exhaust the stack. */
const DEEPEST = 64;

/**
 * A copy of a tool's JSON schema without the constructs that OpenAI answers with a 400. What it means is kept as far as a
 * schema can say it; a `pattern` that has to go is told in the description. A clean schema comes out equal, and cleaning
 * twice is the same as once. The given schema is never changed.
 *
 * Repaired: a root that is not a plain object schema (branches of `oneOf`, `anyOf`, `allOf` are merged into one object), an
 * array without `items`, an object without `properties`, a `required` that is not a list of names, patterns outside the
 * common ground of regular expressions, references to other documents. Removed: `$schema` and `$id`.
 */
export function sanitizeSchema(schema: JsonSchema): JsonSchema {
  const root = mergeRootBranches(cleanSchema(schema, 0));
  return Object.hasOwn(root, 'type') && Object.hasOwn(root, 'properties') && root['type'] === 'object'
    ? root
    : { ...root, type: 'object', properties: isSchema(root['properties']) ? root['properties'] : {} };
}

/** Keywords whose value is one schema, a list of schemas, or schemas by name. */
const ONE = new Set([
  'items',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
const LIST = new Set(['oneOf', 'anyOf', 'allOf', 'prefixItems']);
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

function cleanSchema(schema: JsonSchema, depth: number): JsonSchema {
  if (depth > DEEPEST) return {};
  const notes: string[] = [];
  const clean = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (keyword === '$schema' || keyword === '$id') return [];
    if (keyword === 'required' && !isNameList(value)) return [];
    if (keyword === 'pattern' && !isCommonPattern(value)) {
      notes.push(`Pattern: ${String(value)}`);
      return [];
    }
    if (keyword === '$ref' && !(typeof value === 'string' && value.startsWith('#'))) {
      notes.push(`As described by ${String(value)}`);
      return [];
    }
    return [[keyword, cleanValue(keyword, value, depth)]];
  });
  // Through `fromEntries`, because a property may be called `__proto__`.
  return withRequiredParts(withNotes(Object.fromEntries(clean), notes));
}

function cleanValue(keyword: string, value: unknown, depth: number): unknown {
  if (ONE.has(keyword)) return Array.isArray(value) ? cleanList(value, depth) : cleanOne(value, depth);
  if (LIST.has(keyword) && Array.isArray(value)) return cleanList(value, depth);
  if (NAMED.has(keyword) && isSchema(value)) {
    const entries = Object.entries(value).filter(([name]) => keyword !== 'patternProperties' || isCommonPattern(name));
    return Object.fromEntries(entries.map(([name, part]) => [name, cleanOne(part, depth)]));
  }
  return value;
}

function cleanList(list: readonly unknown[], depth: number): unknown[] {
  return list.map((part) => cleanOne(part, depth));
}

/** `true` and `false` are schemas too and stay as they are. */
function cleanOne(part: unknown, depth: number): unknown {
  return isSchema(part) ? cleanSchema(part, depth + 1) : part;
}

function withRequiredParts(schema: JsonSchema): JsonSchema {
  const needsItems =
    hasType(schema, 'array') && !Object.hasOwn(schema, 'items') && !Object.hasOwn(schema, 'prefixItems');
  const needsProperties = hasType(schema, 'object') && !isSchema(schema['properties']);
  if (!needsItems && !needsProperties) return schema;
  return { ...schema, ...(needsItems && { items: {} }), ...(needsProperties && { properties: {} }) };
}

function withNotes(schema: JsonSchema, notes: readonly string[]): JsonSchema {
  if (notes.length === 0) return schema;
  const description = schema['description'];
  const parts = typeof description === 'string' && description !== '' ? [description, ...notes] : notes;
  return { ...schema, description: parts.join('\n') };
}

const ROOT_FORBIDDEN = ['oneOf', 'anyOf', 'allOf', 'not', 'enum'];

/**
 * OpenAI wants `type: object` at the root and none of `oneOf`, `anyOf`, `allOf`, `not` and `enum` beside it. The branches
 * become one object: it has the properties of all, and requires what every alternative requires.
 */
function mergeRootBranches(root: JsonSchema): JsonSchema {
  if (!ROOT_FORBIDDEN.some((keyword) => Object.hasOwn(root, keyword))) return root;
  const { oneOf, anyOf, allOf, not: _not, enum: _enum, ...rest } = root;
  const parts = branches(allOf);
  const choices = [branches(oneOf), branches(anyOf)].filter((group) => group.length > 0);
  if (parts.length === 0 && choices.length === 0) return rest;

  const everything = [...parts, ...choices.flat()];
  // What stands at the root itself wins over a branch.
  const properties = Object.fromEntries(
    [...everything, rest].flatMap((part) => (isSchema(part['properties']) ? Object.entries(part['properties']) : [])),
  );
  const required = new Set([rest, ...parts].flatMap(requiredNames));
  for (const group of choices) {
    const demanded = group.map((choice) => new Set(requiredNames(choice)));
    for (const name of demanded[0]!) if (demanded.every((names) => names.has(name))) required.add(name);
  }
  const merged: JsonSchema = { ...rest, type: 'object', properties };
  const note = choices.some((group) => group.length > 1)
    ? [
        `Give the properties of one of these sets: ${choices
          .flat()
          .map((choice) => `{${propertyNames(choice)}}`)
          .join(' or ')}`,
      ]
    : [];
  return withNotes(required.size > 0 ? { ...merged, required: [...required] } : merged, note);
}

function branches(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function requiredNames(schema: JsonSchema): readonly string[] {
  return isNameList(schema['required']) ? schema['required'] : [];
}

function propertyNames(schema: JsonSchema): string {
  return isSchema(schema['properties']) ? Object.keys(schema['properties']).join(', ') : '';
}

function hasType(schema: JsonSchema, type: string): boolean {
  const value = schema['type'];
  return value === type || (Array.isArray(value) && value.includes(type));
}

/** Look-around, named groups, back-references, Unicode properties and code points: each engine has its own idea of them. */
const UNCOMMON = /\(\?(?!:)|(?:^|[^\\])(?:\\\\)*\\[1-9pPkucC]/;

/** Whether every engine in question (Python's, RE2, Rust's) reads the pattern alike. */
function isCommonPattern(value: unknown): boolean {
  if (typeof value !== 'string' || UNCOMMON.test(value)) return false;
  // Strings may be UTF-8 bytes here, which a regular expression would misread.
  if (/[^ -~]/.test(value)) return true;
  try {
    return new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}

function isNameList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

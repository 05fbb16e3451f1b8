import { invalidRequest } from '../api-error.js';
import { isObject, type JsonObject } from './checks.js';
import { isPythonRegex } from './python-regex.js';
import { at, includesType, type SchemaContext, type SchemaFault } from './schema-context.js';
import { checkStrictSchema } from './strict-schema.js';

/**
 * The parameters of a function tool. Non-strict schemas only have to be sound JSON Schema with an object at the root;
 * `strict` adds the rules of structured outputs.
 * @throws ApiError with code `invalid_function_parameters`
 */
export function checkFunctionParameters(schema: JsonObject, name: string, param: string, strict: boolean): void {
  const fault: SchemaFault = (reason) =>
    invalidRequest(`Invalid schema for function '${name}': ${reason}`, param, 'invalid_function_parameters');
  checkRoot(schema, fault);
  if (schema['properties'] === undefined) throw fault(`${at([])}, object schema missing properties.`);
  checkNode(schema, [], fault, schema);
  if (strict) checkStrictSchema(schema, fault);
}

/**
 * The schema of a structured output.
 * @throws ApiError
 */
export function checkResponseSchema(
  schema: JsonObject,
  name: string,
  strict: boolean,
  where: { readonly param: string; readonly code: string | null },
): void {
  const fault: SchemaFault = (reason) =>
    invalidRequest(`Invalid schema for response_format '${name}': ${reason}`, where.param, where.code);
  checkRoot(schema, fault);
  checkNode(schema, [], fault, schema);
  if (strict) checkStrictSchema(schema, fault);
}

const ROOT_COMBINATORS = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'] as const;

function checkRoot(schema: JsonObject, fault: SchemaFault): void {
  if (schema['type'] === 'object') {
    if (ROOT_COMBINATORS.some((keyword) => schema[keyword] !== undefined)) {
      throw fault("schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.");
    }
  } else {
    const type = typeof schema['type'] === 'string' ? schema['type'] : 'None';
    throw fault(`schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`);
  }
}

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
const SCHEMA_MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'];
const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];

/** The meta-schema of draft 2020-12, as far as its faults occur in the wild. */
function checkNode(node: unknown, context: SchemaContext, fault: SchemaFault, root: JsonObject): void {
  if (typeof node === 'boolean') return;
  if (!isObject(node)) throw fault(`${python(node)} is not of type 'object', 'boolean'.`);
  checkType(node['type'], fault);
  checkKeywords(node, fault);
  if (includesType(node, 'array') && node['items'] === undefined && node['prefixItems'] === undefined) {
    throw fault(`${at(context)}, array schema missing items.`);
  }
  if (node['$ref'] !== undefined && !resolves(node['$ref'], root)) {
    throw fault(`${at(context)}, reference can only point to definitions defined at the top level of the schema.`);
  }
  for (const keyword of SCHEMA_MAPS) {
    const map = node[keyword];
    if (map === undefined) continue;
    if (!isObject(map)) throw fault(`${python(map)} is not of type 'object'.`);
    for (const [key, value] of Object.entries(map)) checkNode(value, [...context, keyword, key], fault, root);
  }
  for (const keyword of SCHEMA_LISTS) {
    const list = node[keyword];
    if (list === undefined) continue;
    if (!Array.isArray(list)) throw fault(`${python(list)} is not of type 'array'.`);
    if (list.length === 0) throw fault('[] should be non-empty.');
    for (const [index, value] of list.entries()) checkNode(value, [...context, keyword, index], fault, root);
  }
  for (const keyword of SCHEMAS) {
    if (node[keyword] !== undefined) checkNode(node[keyword], [...context, keyword], fault, root);
  }
}

function checkType(type: unknown, fault: SchemaFault): void {
  if (type === undefined) return;
  const types = Array.isArray(type) ? type : [type];
  if (types.length === 0 || !types.every((entry) => TYPES.has(entry as string))) {
    throw fault(`${python(type)} is not valid under any of the given schemas.`);
  }
}

function checkKeywords(node: JsonObject, fault: SchemaFault): void {
  const { required, enum: values, pattern, patternProperties } = node;
  if (required !== undefined) {
    if (!Array.isArray(required)) throw fault(`${python(required)} is not of type 'array'.`);
    const odd = required.find((key) => typeof key !== 'string');
    if (odd !== undefined) throw fault(`${python(odd)} is not of type 'string'.`);
  }
  if (values !== undefined && !Array.isArray(values)) throw fault(`${python(values)} is not of type 'array'.`);
  if (pattern !== undefined) checkPattern(pattern, fault);
  if (isObject(patternProperties)) for (const key of Object.keys(patternProperties)) checkPattern(key, fault);
  for (const keyword of COUNTS) {
    const count = node[keyword];
    if (count === undefined) continue;
    if (!Number.isInteger(count)) throw fault(`${python(count)} is not of type 'integer'.`);
    if ((count as number) < 0) throw fault(`${python(count)} is less than the minimum of 0.`);
  }
  for (const keyword of NUMBERS) {
    const number = node[keyword];
    if (number !== undefined && typeof number !== 'number') throw fault(`${python(number)} is not of type 'number'.`);
  }
}

function checkPattern(pattern: unknown, fault: SchemaFault): void {
  if (typeof pattern !== 'string') throw fault(`${python(pattern)} is not of type 'string'.`);
  if (!isPythonRegex(pattern)) throw fault(`${python(pattern)} is not a 'regex'.`);
}

/** Only references inside the same document can be followed. */
function resolves(reference: unknown, root: JsonObject): boolean {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return false;
  let node: unknown = root;
  for (const key of reference.slice(1).split('/').slice(1)) {
    if (!isObject(node) && !Array.isArray(node)) return false;
    node = (node as JsonObject)[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return node !== undefined;
}

/** A value as Python's `repr` would print it; enough for the messages of the validator. */
function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\')}'`;
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, entry]) => `'${key}': ${python(entry)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

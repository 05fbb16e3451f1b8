import { isObject, type JsonObject } from './checks.js';
import { at, includesType, type SchemaContext, type SchemaFault } from './schema-context.js';

const MAX_DEPTH = 10;
const MAX_PROPERTIES = 5000;

const FORBIDDEN = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedItems',
  'unevaluatedProperties',
  'minProperties',
  'maxProperties',
  'uniqueItems',
  'default',
];

const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']);

const LOOK_AROUND = /\(\?<?[=!]/;

/**
 * The subset that structured outputs demand: closed objects with every property required, no combinators but `anyOf`, few
 * formats, at most 10 levels and 5000 properties (OpenAI's guide "Structured Outputs", section "Supported schemas").
 */
export function checkStrictSchema(schema: JsonObject, fault: SchemaFault): void {
  const count = { properties: 0 };
  visit(schema, [], 1);

  function visit(node: unknown, context: SchemaContext, depth: number): void {
    if (!isObject(node)) throw fault(`${at(context)}, schema must be an object.`);
    if (depth > MAX_DEPTH) throw fault(`schema exceeds the maximum of ${MAX_DEPTH} levels of nesting.`);
    checkStrictKeywords(node, context, fault);
    const children = Object.entries(isObject(node['properties']) ? node['properties'] : {});
    count.properties += children.length;
    if (count.properties > MAX_PROPERTIES) throw fault(`schema exceeds the maximum of ${MAX_PROPERTIES} properties.`);
    for (const [key, child] of children) visit(child, [...context, 'properties', key], depth + 1);
    if (node['items'] !== undefined) visit(node['items'], [...context, 'items'], depth + 1);
    for (const keyword of ['anyOf', 'prefixItems']) {
      const list = node[keyword];
      if (Array.isArray(list)) list.forEach((child, index) => visit(child, [...context, keyword, index], depth));
    }
    for (const keyword of ['$defs', 'definitions']) {
      const map = node[keyword];
      if (isObject(map)) Object.entries(map).forEach(([key, child]) => visit(child, [...context, keyword, key], 1));
    }
  }
}

function checkStrictKeywords(node: JsonObject, context: SchemaContext, fault: SchemaFault): void {
  for (const keyword of FORBIDDEN) {
    if (node[keyword] !== undefined) throw fault(`${at(context)}, '${keyword}' is not permitted.`);
  }
  if (!['type', 'anyOf', '$ref', 'enum', 'const'].some((keyword) => node[keyword] !== undefined)) {
    throw fault(`${at(context)}, schema must have a 'type' key.`);
  }
  const { format, pattern } = node;
  if (typeof format === 'string' && !FORMATS.has(format)) {
    throw fault(`${at(context)}, '${format}' is not a valid format.`);
  }
  if (typeof pattern === 'string' && LOOK_AROUND.test(pattern)) {
    throw fault(`${at(context)}, regex look-around is not supported.`);
  }
  if (includesType(node, 'object')) checkClosed(node, context, fault);
}

function checkClosed(node: JsonObject, context: SchemaContext, fault: SchemaFault): void {
  if (node['additionalProperties'] !== false) {
    throw fault(`${at(context)}, 'additionalProperties' is required to be supplied and to be false.`);
  }
  const required = Array.isArray(node['required']) ? node['required'] : [];
  const properties = Object.keys(isObject(node['properties']) ? node['properties'] : {});
  const absent = properties.find((key) => !required.includes(key));
  if (absent !== undefined) {
    throw fault(
      `${at(context)}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${absent}'.`,
    );
  }
  const extra = required.find((key) => !properties.includes(key as string));
  if (extra !== undefined) {
    throw fault(`${at(context)}, 'required' is given, but the key '${String(extra)}' is not in properties.`);
  }
}

import type { JsonSchema } from './canonical/request.js';

const DEEPEST = 10;
const MOST_PROPERTIES = 5000;

/** Keywords that OpenAI's strict mode takes (guide "Structured outputs", supported schemas). */
const KEYWORDS = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
  'enum',
  'const',
  'description',
  'title',
  '$ref',
  '$defs',
  'definitions',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
]);

const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']);

/**
 * Whether a schema satisfies OpenAI's strict mode as it stands: every object is closed and requires all its properties, and
 * only accepted keywords occur. Such a schema may be sent with `strict: true`; any other would be refused or, worse, would
 * have to be rewritten into something the caller did not ask for.
 */
export function isStrictSchema(schema: JsonSchema): boolean {
  const budget = { properties: MOST_PROPERTIES };
  return schema['type'] === 'object' && !Object.hasOwn(schema, 'anyOf') && isStrict(schema, 0, budget);
}

function isStrict(schema: unknown, depth: number, budget: { properties: number }): boolean {
  if (!isObject(schema) || depth > DEEPEST) return false;
  if (!Object.keys(schema).every((keyword) => KEYWORDS.has(keyword))) return false;
  if (Object.hasOwn(schema, 'format') && !FORMATS.has(String(schema['format']))) return false;

  const within = (part: unknown) => isStrict(part, depth + 1, budget);
  const named = (part: unknown) => part === undefined || (isObject(part) && Object.values(part).every(within));
  if (!named(schema['$defs']) || !named(schema['definitions'])) return false;
  if (schema['items'] !== undefined && !within(schema['items'])) return false;
  if (schema['anyOf'] !== undefined && !(Array.isArray(schema['anyOf']) && schema['anyOf'].every(within))) return false;

  const { type, properties = {}, required = [] } = schema;
  if (type !== 'object' && !(Array.isArray(type) && type.includes('object'))) return schema['properties'] === undefined;
  if (schema['additionalProperties'] !== false || !isObject(properties) || !Array.isArray(required)) return false;
  const names = Object.keys(properties);
  budget.properties -= names.length;
  const demanded = new Set<unknown>(required);
  return budget.properties >= 0 && names.every((name) => demanded.has(name)) && named(properties);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

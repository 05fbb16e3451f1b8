import type { Tool } from './canonical/request.js';
import { isRecord, list, text, type JsonRecord } from './json.js';

/**
 * A function tool as OpenAI shows it to its models: a type of TypeScript with the descriptions as comments, not JSON. OpenAI does
 * not document the form; models recite it and the counts of the API agree with it. What a schema says beyond it (patterns, limits)
 * costs nothing.
 */
export function toolSignature({ name, description, input_schema: schema }: Tool): string {
  const parameters = isRecord(schema?.['properties']) ? `_: ${typeOf(schema)}` : '';
  return `${comment(description)}type ${text(name)} = (${parameters}) => any;\n\n`;
}

function comment(description: unknown): string {
  const words = text(description).trim();
  return words === '' ? '' : `// ${words.replaceAll('\n', '\n// ')}\n`;
}

function typeOf(schema: unknown): string {
  if (!isRecord(schema)) return 'any';
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map((value) => JSON.stringify(value)));
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const branches = list(schema[key]);
    if (branches.length > 0) return union(branches.map(typeOf));
  }
  const { type } = schema;
  if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...schema, type: text(one) })));
  switch (type) {
    case 'array':
      return `${typeOf(schema['items'])}[]`;
    case 'integer':
    case 'number':
      return 'number';
    case 'object':
    case undefined:
      return objectType(schema);
    default:
      return text(type) || 'any';
  }
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

function objectType(schema: JsonRecord): string {
  if (typeof schema['$ref'] === 'string') return schema['$ref'].replace(/^.*\//, '');
  const required = new Set(list(schema['required']));
  const properties = isRecord(schema['properties']) ? Object.entries(schema['properties']) : [];
  if (properties.length === 0) return schema['type'] === undefined ? 'any' : 'object';
  const members = properties.map(([name, property]) => {
    const inner = isRecord(property) ? property : {};
    const preset = inner['default'] === undefined ? '' : ` // default: ${JSON.stringify(inner['default'])}`;
    return `${comment(inner['description'])}${name}${required.has(name) ? '' : '?'}: ${typeOf(property)},${preset}\n`;
  });
  return `{\n${members.join('')}}`;
}

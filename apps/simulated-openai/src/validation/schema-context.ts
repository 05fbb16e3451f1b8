import type { ApiError } from '../api-error.js';
import type { JsonObject } from './checks.js';

/** Makes the error of a faulty schema from its reason. */
export type SchemaFault = (reason: string) => ApiError;

/** Where in the schema: the keys from the root. */
export type SchemaContext = readonly (string | number)[];

/** `In context=('properties', 'x')`: OpenAI prints the place as a Python tuple. */
export function at(context: SchemaContext): string {
  const parts = context.map((key) => (typeof key === 'number' ? String(key) : `'${key}'`));
  return `In context=(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`;
}

/** `type` may be one name or a list of names. */
export const includesType = (node: JsonObject, type: string): boolean =>
  node['type'] === type || (Array.isArray(node['type']) && node['type'].includes(type));

import { invalidRequest, type LlmError } from '../canonical/error.js';

/** A 400 in Anthropic's wording: the path of the field, then what is wrong with it. */
export function fault(path: string, what: string): LlmError {
  return invalidRequest(`${path}: ${what}`);
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent and null are both undefined: Anthropic's optional fields are nullable. */
export function optionalString(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw fault(path, 'Input should be a valid string');
  return value;
}

export function optionalNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') throw fault(path, 'Input should be a valid number');
  return value;
}

/** A count: an integer of at least 0. */
export function optionalCount(value: unknown, path: string): number | undefined {
  const number = optionalNumber(value, path);
  if (number === undefined) return undefined;
  if (!Number.isInteger(number)) throw fault(path, 'Input should be a valid integer');
  if (number < 0) throw fault(path, 'Input should be greater than or equal to 0');
  return number;
}

export function optionalBoolean(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw fault(path, 'Input should be a valid boolean');
  return value;
}

export function optionalFields(value: unknown, path: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw fault(path, 'Input should be a valid dictionary');
  return value;
}

export function requiredString(value: unknown, path: string): string {
  const text = optionalString(value, path);
  if (text === undefined) throw fault(path, 'Field required');
  return text;
}

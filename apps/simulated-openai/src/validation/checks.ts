import { invalidRequest, listed, type ApiError } from '../api-error.js';

/**
 * Says whether a value has the right shape and throws an `ApiError` in OpenAI's wording when it has not.
 * `path` is where the value stands, e.g. `messages[0].content[1].text`; it becomes `param`.
 */
export type Check = (value: unknown, path: string) => void;

export type JsonObject = { readonly [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const anything: Check = () => {};

export const anyObject: Check = (value, path) => {
  if (!isObject(value)) throw wrongType(path, 'an object', value);
};

export const boolean: Check = (value, path) => {
  if (typeof value !== 'boolean') throw wrongType(path, 'a boolean', value);
};

export interface StringLimits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

export function string(limits: StringLimits = {}): Check {
  const { min = 0, max = Infinity, pattern } = limits;
  return (value, path) => {
    if (typeof value !== 'string') throw wrongType(path, 'a string', value);
    if (value.length > max) throw outOfBounds('string', 'long', path, max, value.length);
    if (value.length < min) throw outOfBounds('string', 'short', path, min, value.length);
    if (pattern && !pattern.test(value)) {
      throw invalidRequest(
        `Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '${pattern.source}'.`,
        path,
        'invalid_value',
      );
    }
  };
}

export const integer = (min = -Infinity, max = Infinity): Check => numeric('integer', 'an integer', min, max);
export const decimal = (min = -Infinity, max = Infinity): Check => numeric('decimal', 'a decimal', min, max);

function numeric(kind: 'integer' | 'decimal', expected: string, min: number, max: number): Check {
  return (value, path) => {
    if (typeof value !== 'number' || (kind === 'integer' && !Number.isInteger(value))) {
      throw wrongType(path, expected, value);
    }
    if (value < min || value > max) {
      const [side, sign, bound] = value < min ? (['below', '>=', min] as const) : (['above', '<=', max] as const);
      const limit = side === 'below' ? 'minimum' : 'maximum';
      throw invalidRequest(
        `Invalid '${path}': ${kind} ${side} ${limit} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
        path,
        `${kind}_${side}_${limit.slice(0, 3)}_value`,
      );
    }
  };
}

/** One of the given strings. */
export function oneOf(...allowed: readonly string[]): Check {
  return (value, path) => {
    if (typeof value !== 'string') throw wrongType(path, `one of ${listed(allowed)}`, value);
    if (!allowed.includes(value)) throw notSupported(path, value, allowed);
  };
}

export const nullable =
  (check: Check): Check =>
  (value, path) => {
    if (value !== null) check(value, path);
  };

export interface ArrayLimits {
  readonly min?: number;
  readonly max?: number;
}

export function arrayOf(check: Check, { min = 0, max = Infinity }: ArrayLimits = {}): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(path, 'an array', value);
    if (value.length < min) {
      throw invalidRequest(
        `Invalid '${path}': empty array. Expected an array with minimum length ${min}, but got an empty array instead.`,
        path,
        'empty_array',
      );
    }
    if (value.length > max) throw outOfBounds('array', 'long', path, max, value.length);
    for (let index = 0; index < value.length; index += 1) check(value[index], `${path}[${index}]`);
  };
}

/** An object used as a map. */
export function mapOf(check: Check, max = Infinity): Check {
  return (value, path) => {
    if (!isObject(value)) throw wrongType(path, 'an object', value);
    const entries = Object.entries(value);
    if (entries.length > max) {
      throw invalidRequest(
        `Invalid '${path}': too many properties. Expected an object with at most ${max} properties, but got an object with ${entries.length} properties instead.`,
        path,
        'object_above_max_properties',
      );
    }
    for (const [key, entry] of entries) check(entry, `${path}.${key}`);
  };
}

/** A closed object: every key is known, every required key is there. At the root of the request the path is empty. */
export function object(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = new Map(Object.entries({ ...required, ...optional }));
  const needed = Object.keys(required);
  return (value, path) => {
    if (!isObject(value)) throw wrongType(path, 'an object', value);
    for (const key of needed) if (value[key] === undefined) throw missing(join(path, key));
    for (const key of Object.keys(value)) {
      const check = known.get(key);
      if (!check) throw unknownParameter(join(path, key));
      check(value[key], join(path, key));
    }
  };
}

/** An object whose `tag` property (usually `type`) says which shape it has. */
export function tagged(tag: string, shapes: Readonly<Record<string, Check>>): Check {
  const names = Object.keys(shapes);
  return (value, path) => {
    if (!isObject(value)) throw wrongType(path, 'an object', value);
    const name = value[tag];
    if (name === undefined) throw missing(join(path, tag));
    if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) throw notSupported(join(path, tag), name, names);
    shapes[name]?.(value, path);
  };
}

/** A string, or what `other` accepts; `others` names it in the message. */
export function stringOr(other: Check, others = 'an array of objects', limits: StringLimits = {}): Check {
  const text = string(limits);
  return (value, path) => {
    if (typeof value === 'string') text(value, path);
    else if (typeof value === 'object' && value !== null) other(value, path);
    else throw wrongType(path, `one of a string or ${others.replace(/^an? /, '')}`, value);
  };
}

export const missing = (path: string): ApiError =>
  invalidRequest(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter');

export const unknownParameter = (path: string): ApiError =>
  invalidRequest(`Unknown parameter: '${path}'.`, path, 'unknown_parameter');

export const wrongType = (path: string, expected: string, value: unknown): ApiError =>
  invalidRequest(
    `Invalid type for '${path}': expected ${expected}, but got ${nameOf(value)} instead.`,
    path,
    'invalid_type',
  );

export const notSupported = (path: string, value: unknown, allowed: readonly string[]): ApiError =>
  invalidRequest(`Invalid value: '${String(value)}'. Supported values are: ${listed(allowed)}.`, path, 'invalid_value');

function outOfBounds(
  kind: 'string' | 'array',
  how: 'long' | 'short',
  path: string,
  limit: number,
  length: number,
): ApiError {
  const bound = how === 'long' ? 'maximum' : 'minimum';
  const article = kind === 'array' ? 'an' : 'a';
  return invalidRequest(
    `Invalid '${path}': ${kind} too ${how}. Expected ${article} ${kind} with ${bound} length ${limit}, but got ${article} ${kind} with length ${length} instead.`,
    path,
    `${kind}_${how === 'long' ? 'above_max' : 'below_min'}_length`,
  );
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return `a ${typeof value}`;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

import type { z } from '#libs/plugin-api';
import { fieldsAt } from './allowed.js';
import type { FaultList } from './faults.js';
import { didYouMean } from './nearest.js';
import { follow, scalarsOf, type ConfigNode } from './tree.js';
import { NO_MESSAGE, type Issue } from './validate.js';

/**
 * Turns what a schema refused into faults with positions. A value is quoted only when it stands in the file itself and in a
 * field that holds no credential. Scalars with unresolved references are passed over: their fault is the reference.
 */
export function reportIssues(
  issues: readonly Issue[],
  schema: z.ZodType,
  node: ConfigNode,
  faults: FaultList,
  base: readonly PropertyKey[] = [],
): void {
  for (const issue of issues) {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') reportUnknown(issue.keys, path, schema, node, faults);
    else if (issue.code === 'invalid_element') reportIssues(issue.issues, schema, node, faults, path);
    else if (issue.code === 'invalid_union' && issue.message === NO_MESSAGE) {
      reportUnion(issue, path, schema, node, faults);
    } else {
      const found = follow(node, path);
      if (found.node?.kind === 'scalar' && found.node.unresolved.length > 0) continue;
      const message = issue.message === NO_MESSAGE ? sentence(issue, found.node) : scrub(issue.message, node);
      faults.error(found.origin, message);
    }
  }
}

function reportUnknown(
  keys: readonly string[],
  path: readonly PropertyKey[],
  schema: z.ZodType,
  node: ConfigNode,
  faults: FaultList,
): void {
  const allowed = fieldsAt(schema, path);
  const map = follow(node, path).node;
  for (const key of keys) {
    const at = (map?.kind === 'map' ? map.entries.get(key)?.key : undefined) ?? follow(node, [...path, key]).origin;
    // Somebody may have written a credential where a name belongs.
    const shownPath = SECRET_VALUE.test(key) ? at.path.replace(key, 'REDACTED') : at.path;
    faults.error({ ...at, path: shownPath }, unknownField(key, allowed));
  }
}

/** Kong calls it an unknown field, too. */
export function unknownField(key: string, allowed: readonly string[]): string {
  const list = allowed.length === 0 ? '' : `; allowed: ${allowed.join(', ')}`;
  return `unknown field${didYouMean(key, allowed)}${list}`;
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** Tells of the variant that was probably meant: the one that fits best. */
function reportUnion(
  issue: UnionIssue,
  path: readonly PropertyKey[],
  schema: z.ZodType,
  node: ConfigNode,
  faults: FaultList,
): void {
  if (issue.discriminator !== undefined) {
    const found = follow(node, path); // The path leads to the discriminator itself.
    const options = 'options' in issue ? (issue.options ?? []) : [];
    faults.error(found.origin, oneOf(options, found.node));
    return;
  }
  const wrongType = (list: readonly Issue[]) =>
    list.some(({ code, path }) => path.length === 0 && code === 'invalid_type');
  const meant = issue.errors.filter((list) => !wrongType(list)).sort((a, b) => a.length - b.length)[0];
  const choices = issue.errors.flatMap((list) => list.map((one) => expectation(one)));
  if (meant !== undefined && !choices.every((choice) => choice !== undefined)) {
    reportIssues(meant, schema, node, faults, path);
    return;
  }
  const found = follow(node, path);
  if (found.node?.kind === 'scalar' && found.node.unresolved.length > 0) return;
  const expected = [...new Set(choices.filter((choice) => choice !== undefined))].join(' or ');
  faults.error(found.origin, expected === '' ? 'is not valid here' : mismatch(expected, found.node));
}

/** What a variant of a union wants, when it refuses the value as a whole. */
function expectation(issue: Issue): string | undefined {
  if (issue.path.length > 0) return undefined;
  if (issue.code === 'invalid_type') return typeName(issue.expected);
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  return undefined;
}

function sentence(issue: Issue, node: ConfigNode | undefined): string {
  switch (issue.code) {
    case 'invalid_type':
      return mismatch(typeName(issue.expected), node);
    case 'invalid_value':
      return oneOf(issue.values, node);
    case 'too_small':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}${got(node)}`;
    case 'too_big':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}${got(node)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}${got(node)}`;
    case 'invalid_format':
      return `must be ${formatName(issue)}`;
    case 'invalid_key':
      return `this is no name for a field here: ${issue.issues.map((inner) => inner.message || sentence(inner, undefined)).join(', ')}`;
    default:
      return 'is not valid here';
  }
}

function mismatch(expected: string, node: ConfigNode | undefined): string {
  if (node === undefined) return `is required: expected ${expected}`;
  const quotes = expected === 'a string' && node.kind === 'scalar' && node.value !== null ? '; put it in quotes' : '';
  return `expected ${expected}, got ${kindOf(node)}${quotes}`;
}

function oneOf(values: readonly unknown[], node: ConfigNode | undefined): string {
  const list = values.map((value) => JSON.stringify(value)).join(', ');
  const allowed = values.length === 1 ? `must be ${list}` : `must be one of ${list}`;
  if (node === undefined) return `is required: ${allowed}`;
  const text = node.kind === 'scalar' && typeof node.value === 'string' && shown(node) !== undefined ? node.value : '';
  return `${allowed}${didYouMean(text, values.map(String))}${got(node)}`;
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  const thing = { string: 'character', array: 'item', set: 'item', map: 'field', record: 'field' }[origin];
  if (thing === undefined) return `be ${relation} ${limit}`;
  if (limit === 1 && relation === 'at least') return 'not be empty';
  return `have ${relation} ${limit} ${thing}${limit === 1 ? '' : 's'}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
  never: 'nothing',
  nonoptional: 'a value',
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function formatName(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if ('prefix' in issue) return `a text that starts with ${JSON.stringify(issue.prefix)}`;
  if ('suffix' in issue) return `a text that ends with ${JSON.stringify(issue.suffix)}`;
  if ('includes' in issue) return `a text that contains ${JSON.stringify(issue.includes)}`;
  if (issue.format === 'regex') return `a text of the form ${issue.pattern}`;
  const names: Readonly<Record<string, string>> = {
    url: 'an absolute URL',
    uuid: 'a UUID',
    guid: 'a UUID',
    ipv4: 'an IPv4 address',
  };
  return names[issue.format] ?? `a valid ${issue.format}`;
}

function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list';
  if (node.value === null) return 'nothing';
  const value = shown(node);
  if (value !== undefined) return `the ${typeof node.value} ${value}`;
  return typeof node.value === 'boolean' ? 'true or false' : `a ${typeof node.value}`;
}

function got(node: ConfigNode | undefined): string {
  const value = node && shown(node);
  return value === undefined ? '' : `; got ${value}`;
}

/** Names of fields that hold credentials, or may hold them among other things (a URL has its user part). */
const SECRET_PATH =
  /auth|key|secret|token(?!s)|passw|credential|cert|header|param|user|ur[il]|endpoint|query|value|custom/i;

/** A credential that stands in the wrong field: its scheme, the prefix of a key, or one long unbroken word. */
const SECRET_VALUE =
  /\b(?:bearer|basic)\s+\S|\b(?:sk|pk|rk|gsk|xai|ghp|glpat|hf|r8)[-_]\w{4}|\b(?:AIza|AKIA|eyJ)\w|(?=\w*\d)\w{24,}/i;

/** The value for a message, or undefined when it may be a secret. */
function shown(node: ConfigNode): string | undefined {
  if (node.kind !== 'scalar' || node.value === null || node.fromEnvironment) return undefined;
  if (SECRET_VALUE.test(String(node.value))) return undefined;
  const field = node.origin.path.replace(/^(\w+\[\d+\]\.)+/, ''); // within its entity
  if (SECRET_PATH.test(field) || String(node.value).length > 60) return undefined;
  return JSON.stringify(node.value);
}

/** A schema's own message may quote what it got. Texts below four characters are no secrets and would maim the message. */
export function scrub(message: string, node: ConfigNode): string {
  let scrubbed = message;
  for (const scalar of scalarsOf(node)) {
    const text = String(scalar.value);
    if (text.length < 4 || shown(scalar) !== undefined || !scrubbed.includes(text)) continue;
    if (scalar.fromEnvironment || typeof scalar.value === 'string') scrubbed = scrubbed.replaceAll(text, 'REDACTED');
  }
  return scrubbed;
}

import { variableOf } from './templates.js';

/**
 * Kong's references to secrets, `{vault://env/my-key}`: https://developer.konghq.com/gateway/entities/vault/. The one backend
 * here is `env`, the environment of the gateway.
 */

/** A `vaults` entry, or the built-in vault `env`. */
export interface EnvVault {
  /** Put before the name of the secret. */
  readonly prefix: string;
}

export type VaultResult =
  | { readonly ok: true; readonly value: string; readonly variable: string }
  /** The reference is right, but the environment does not have the value. */
  | { readonly ok: false; readonly kind: 'unset'; readonly reason: string; readonly variable: string }
  /** The reference itself is wrong. */
  | { readonly ok: false; readonly kind: 'invalid'; readonly reason: string };

/** Kong's other backends, for the message. */
const OTHER_BACKENDS = new Set(['aws', 'azure', 'conjur', 'gcp', 'hcv', 'konnect']);

/** What a reference looks like, for messages. */
export const REFERENCE_FORM =
  '{vault://env/my-secret}, {vault://env/my-secret/json-key} or the prefix of a vault in place of env';

/** Whether a text is meant as a reference. Kong takes whole values only. */
export function isReference(text: string): boolean {
  return text.startsWith('{vault://') && text.endsWith('}');
}

/** Why a `vaults` entry with this `name` cannot be used, or undefined. */
export function backendProblem(name: string): string | undefined {
  if (name === 'env') return undefined;
  return OTHER_BACKENDS.has(name)
    ? `the vault backend ${name} is Kong's, but not supported by this gateway; allowed is env`
    : 'unknown vault backend; allowed is env';
}

/**
 * Resolves a reference. `my-key` is looked up as `MY_KEY`; `?prefix=P_` overrides the prefix of the vault; with a second path
 * segment the variable must hold a JSON object and the segment names its key; the version `#2` asks for `NAME_PREVIOUS`.
 */
export function resolveReference(
  text: string,
  vaults: ReadonlyMap<string, EnvVault>,
  env: NodeJS.ProcessEnv,
): VaultResult {
  const match = /^\{vault:\/\/([^/?#]*)\/([^?#]*)(?:\?([^#]*))?(?:#(.*))?\}$/s.exec(text);
  if (match === null) return invalid(`this is not a vault reference; allowed is ${REFERENCE_FORM}`);
  const [, name = '', path = '', query = '', version] = match;
  const vault = name === 'env' ? (vaults.get(name) ?? { prefix: '' }) : vaults.get(name);
  if (vault === undefined) return invalid(unknownVault(name, vaults));
  if (version !== undefined && !/^\d+$/.test(version)) return invalid('the version behind # must be a number');

  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.length === 0) return invalid(`the reference names no secret; allowed is ${REFERENCE_FORM}`);
  const jsonKey = segments.length > 1 && !path.endsWith('/') ? segments.pop() : undefined;
  let secret: string;
  let key: string | undefined;
  try {
    secret = decodeURIComponent(segments.join('/'));
    key = jsonKey === undefined ? undefined : decodeURIComponent(jsonKey);
  } catch {
    return invalid('the reference has a broken percent-encoding');
  }
  const prefix = new URLSearchParams(query).get('prefix') ?? vault.prefix;
  const previous = version === '2' ? '_PREVIOUS' : '';
  const variable = (prefix + secret).replaceAll('-', '_').toUpperCase() + previous;
  const value = variableOf(env, variable);
  if (value === undefined) return unset(variable, 'is not set');
  return key === undefined ? { ok: true, value, variable } : jsonField(value, key, variable);
}

function jsonField(json: string, key: string, variable: string): VaultResult {
  let object: unknown;
  try {
    object = JSON.parse(json);
  } catch {
    return unset(variable, 'does not hold JSON');
  }
  const field =
    typeof object === 'object' && object !== null && Object.hasOwn(object, key)
      ? (object as Record<string, unknown>)[key]
      : undefined;
  return typeof field === 'string'
    ? { ok: true, value: field, variable }
    : unset(variable, `has no string ${JSON.stringify(key)} in its JSON`);
}

function unknownVault(name: string, vaults: ReadonlyMap<string, EnvVault>): string {
  if (OTHER_BACKENDS.has(name)) return backendProblem(name) ?? '';
  return `no vault has the prefix ${JSON.stringify(name)}; allowed: ${[...new Set(['env', ...vaults.keys()])].join(', ')}`;
}

function invalid(reason: string): VaultResult {
  return { ok: false, kind: 'invalid', reason };
}

function unset(variable: string, complaint: string): VaultResult {
  return { ok: false, kind: 'unset', reason: `environment variable ${variable} ${complaint}`, variable };
}

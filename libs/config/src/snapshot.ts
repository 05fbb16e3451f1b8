import type { ConsumerEntity, PluginEntity, RouteEntity, ServiceEntity, z } from '#libs/plugin-api';
import { compareText, deepFreeze, digest } from './canonical.js';
import type * as credentials from './credentials.schema.js';
import type * as entities from './entities.schema.js';
import type { ConfigFault } from './faults.js';
import { DEFAULT_WORKSPACE_ID } from './ids.js';
import { ENTITY_KINDS, KINDS, type EntityKind } from './kinds.js';
import type { Linked, LinkedEntities } from './link.js';
import type { ConfiguredPlugin } from './plugins.js';

interface Identity {
  readonly id: string;
  /** Unix seconds. */
  readonly created_at: number;
  readonly updated_at: number;
}

type Entity<Schema extends z.ZodType> = Readonly<Omit<z.output<Schema> & object, keyof Identity>> & Identity;
type Credential<Schema extends z.ZodType> = Entity<Schema> & { readonly consumer: { readonly id: string } };

export type UpstreamEntity = Entity<typeof entities.upstreamSchema>;
export type TargetEntity = Entity<typeof entities.targetSchema> & { readonly upstream: { readonly id: string } };
export type KeyAuthCredential = Credential<typeof credentials.keyAuthSchema>;
export type BasicAuthCredential = Credential<typeof credentials.basicAuthSchema>;
export type HmacAuthCredential = Credential<typeof credentials.hmacAuthSchema>;
export type JwtSecret = Credential<typeof credentials.jwtSecretSchema>;
export type OAuth2Credential = Credential<typeof credentials.oauth2Schema>;
export type AclGroup = Credential<typeof credentials.aclSchema>;
export type MtlsAuthCredential = Credential<typeof credentials.mtlsAuthSchema>;

/** Consumers' credentials, by the names of Kong's lists. They are secrets: not for logs, not for the admin API. */
export type Credentials = {
  readonly [Kind in CredentialKind]: readonly Listed[Kind][];
};

type CredentialKind = Exclude<keyof Listed, 'services' | 'routes' | 'consumers' | 'upstreams' | 'targets'>;

/**
 * A valid configuration, frozen at every depth. Lists are sorted by name, then id, so that equal configurations are equal
 * however they were written.
 */
export interface ConfigSnapshot {
  readonly services: readonly ServiceEntity[];
  readonly routes: readonly RouteEntity[];
  readonly consumers: readonly ConsumerEntity[];
  /** The enabled ones; `config` is the output of the plugin's schema. */
  readonly plugins: readonly PluginEntity[];
  readonly upstreams: readonly UpstreamEntity[];
  readonly targets: readonly TargetEntity[];
  readonly credentials: Credentials;
  readonly workspace: { readonly id: string; readonly name: string };
  /**
   * 32 hex digits over the configuration as written, references unresolved; all zeros when it declares nothing, as in Kong's
   * `configuration_hash`.
   */
  readonly hash: string;
  /** The files it was read from, directories resolved. */
  readonly files: readonly string[];
  readonly warnings: readonly ConfigFault[];
  /**
   * Plugins that lack something from the environment, by id, with a sentence that says what: they must answer or stand aside,
   * not work. Their `config` has passed the schema with stand-ins for the missing values.
   */
  readonly unready: ReadonlyMap<string, string>;
}

interface Listed {
  readonly services: ServiceEntity;
  readonly routes: RouteEntity;
  readonly consumers: ConsumerEntity;
  readonly upstreams: UpstreamEntity;
  readonly targets: TargetEntity;
  readonly keyauth_credentials: KeyAuthCredential;
  readonly basicauth_credentials: BasicAuthCredential;
  readonly hmacauth_credentials: HmacAuthCredential;
  readonly jwt_secrets: JwtSecret;
  readonly oauth2_credentials: OAuth2Credential;
  readonly acls: AclGroup;
  readonly mtls_auth_credentials: MtlsAuthCredential;
}

interface SnapshotParts {
  readonly linked: LinkedEntities;
  /** By plugin id; disabled ones are missing. */
  readonly plugins: ReadonlyMap<string, ConfiguredPlugin>;
  readonly workspaceName: string;
  readonly files: readonly string[];
  readonly warnings: readonly ConfigFault[];
  /** Unix seconds: when the files were read. */
  readonly loadedAt: number;
}

export function assembleSnapshot({
  linked,
  plugins,
  workspaceName,
  files,
  warnings,
  loadedAt,
}: SnapshotParts): ConfigSnapshot {
  const list = <Kind extends keyof Listed>(kind: Kind): readonly Listed[Kind][] =>
    sorted(kind, linked).map((entity) => entityOf(entity, loadedAt) as Listed[Kind]);
  const configured = sorted('plugins', linked).flatMap(({ id }) => plugins.get(id) ?? []);
  const unready = configured.flatMap(({ entity, unready }): [string, string][] =>
    unready === undefined ? [] : [[entity.id, unready]],
  );
  return deepFreeze<ConfigSnapshot>({
    services: list('services'),
    routes: list('routes'),
    consumers: list('consumers'),
    plugins: configured.map(({ entity }) => entity),
    upstreams: list('upstreams'),
    targets: list('targets'),
    credentials: {
      keyauth_credentials: list('keyauth_credentials'),
      basicauth_credentials: list('basicauth_credentials'),
      hmacauth_credentials: list('hmacauth_credentials'),
      jwt_secrets: list('jwt_secrets'),
      oauth2_credentials: list('oauth2_credentials'),
      acls: list('acls'),
      mtls_auth_credentials: list('mtls_auth_credentials'),
    },
    workspace: { id: DEFAULT_WORKSPACE_ID, name: workspaceName },
    hash: hashOf(linked, plugins, workspaceName),
    files: [...files],
    warnings: [...warnings],
    unready: new FrozenMap(unready),
  });
}

function sorted(kind: EntityKind, linked: LinkedEntities): Linked[] {
  const name = ({ fields }: Linked): string => {
    const value = fields?.[KINDS[kind].handle ?? 'name'];
    return typeof value === 'string' ? value : '';
  };
  return [...(linked.get(kind) ?? [])].sort((a, b) => compareText(name(a), name(b)) || compareText(a.id, b.id));
}

const WITH_WORKSPACE: ReadonlySet<EntityKind> = new Set(['services', 'routes']);

function entityOf({ declared, id, relations, fields = {} }: Linked, loadedAt: number): object {
  return {
    ...fields,
    ...Object.fromEntries(Object.entries(relations).map(([field, target]) => [field, { id: target }])),
    id,
    ...(WITH_WORKSPACE.has(declared.kind) ? { ws_id: DEFAULT_WORKSPACE_ID } : {}),
    created_at: fields['created_at'] ?? loadedAt,
    updated_at: fields['updated_at'] ?? loadedAt,
  };
}

function hashOf(linked: LinkedEntities, plugins: SnapshotParts['plugins'], workspaceName: string): string {
  const parts = ENTITY_KINDS.flatMap((kind) =>
    (linked.get(kind) ?? [])
      .map(({ id, relations, written }) => [kind, id, relations, written, plugins.get(id)?.written ?? null] as const)
      .sort(([, a], [, b]) => compareText(a, b)),
  );
  return parts.length === 0 ? '0'.repeat(32) : digest([workspaceName, parts]);
}

/** `Object.freeze` does not keep a Map from being written to. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    Object.freeze(this);
  }

  override set(): never {
    throw new TypeError('the map is frozen');
  }

  override delete(): never {
    throw new TypeError('the map is frozen');
  }

  override clear(): never {
    throw new TypeError('the map is frozen');
  }
}

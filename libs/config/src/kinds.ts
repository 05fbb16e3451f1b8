import type { z } from '#libs/plugin-api';
import * as credentials from './credentials.schema.js';
import * as entities from './entities.schema.js';

/** The kinds of entity that are honoured, named as the lists of the declarative file. */
export const ENTITY_KINDS = [
  'vaults',
  'services',
  'consumers',
  'upstreams',
  'routes',
  'targets',
  'keyauth_credentials',
  'basicauth_credentials',
  'hmacauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
  'acls',
  'mtls_auth_credentials',
  'plugins',
] as const;

/** In an order in which an entity comes after those it refers to. */
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** The fields by which one entity refers to another. */
export type RelationField = 'service' | 'route' | 'consumer' | 'upstream';

export interface KindRules {
  readonly schema: z.ZodType;
  /** How another entity or a person names one of these, beside its id. */
  readonly handle?: string;
  /** Fields whose value no second entity of the kind may have. */
  readonly unique: readonly string[];
  /** Unique fields that hold a secret and are never printed. */
  readonly secret?: readonly string[];
  readonly relations: Readonly<Partial<Record<RelationField, { to: EntityKind; required?: true }>>>;
  /** Nested lists: name of the list, which is also the kind of its items, and the field that points back. */
  readonly children: Readonly<Partial<Record<EntityKind, RelationField>>>;
  /**
   * What Kong makes the id from when the file has none: the handle, or the kind, the workspace `*` and these fields (a relation
   * stands for its id).
   */
  readonly idFrom?: readonly string[];
  /** Fields of Kong that cannot be honoured, and why. */
  readonly unsupported: Readonly<Record<string, string>>;
}

const NO_GROUPS = 'consumer groups are an Enterprise feature of Kong';
const NO_CLIENT_CERTIFICATE = 'client certificates towards upstreams are not carried';
const NO_WASM = 'WebAssembly filters are not run';

function credential(
  schema: z.ZodType,
  own: Omit<KindRules, 'schema' | 'relations' | 'children' | 'unsupported'>,
): KindRules {
  return {
    schema,
    relations: { consumer: { to: 'consumers', required: true } },
    children: {},
    unsupported: {},
    ...own,
  };
}

export const KINDS: Readonly<Record<EntityKind, KindRules>> = {
  services: {
    schema: entities.serviceSchema,
    handle: 'name',
    unique: ['name'],
    relations: {},
    children: { routes: 'service', plugins: 'service' },
    unsupported: {
      client_certificate: NO_CLIENT_CERTIFICATE,
      ca_certificates:
        'upstreams are verified against the certificate authorities of Node.js (NODE_EXTRA_CA_CERTS adds some)',
      tls_verify_depth: 'the length of certificate chains is not limited',
      tls_sans: 'the host of the service is the name that is verified',
      filter_chains: NO_WASM,
    },
  },
  routes: {
    schema: entities.routeSchema,
    handle: 'name',
    unique: ['name'],
    relations: { service: { to: 'services' } },
    children: { plugins: 'route' },
    unsupported: {
      snis: 'TLS ends before this gateway',
      sources: 'routes match HTTP requests, not connections',
      destinations: 'routes match HTTP requests, not connections',
      expression: 'routes match by methods, hosts, paths and headers',
      priority: 'it belongs to expressions; paths that are regular expressions have regex_priority',
      filter_chains: NO_WASM,
    },
  },
  consumers: {
    schema: entities.consumerSchema,
    handle: 'username',
    unique: ['username', 'custom_id'],
    relations: {},
    children: {
      plugins: 'consumer',
      keyauth_credentials: 'consumer',
      basicauth_credentials: 'consumer',
      hmacauth_credentials: 'consumer',
      jwt_secrets: 'consumer',
      oauth2_credentials: 'consumer',
      acls: 'consumer',
      mtls_auth_credentials: 'consumer',
    },
    unsupported: { groups: NO_GROUPS },
  },
  plugins: {
    schema: entities.pluginSchema,
    unique: ['instance_name'],
    relations: { service: { to: 'services' }, route: { to: 'routes' }, consumer: { to: 'consumers' } },
    children: {},
    idFrom: ['name', 'route', 'service', 'consumer'],
    unsupported: {
      consumer_group: NO_GROUPS,
      ordering: 'plugins run in the order of their priorities',
      condition: 'a plugin runs for every request in its scope',
      partials: 'shared settings are written with _plugin_configs or YAML anchors',
      run_on: 'it went out of use with Kong 2.0',
    },
  },
  upstreams: {
    schema: entities.upstreamSchema,
    handle: 'name',
    unique: ['name'],
    relations: {},
    children: { targets: 'upstream' },
    unsupported: {
      client_certificate: NO_CLIENT_CERTIFICATE,
      sticky_sessions_cookie: 'sticky sessions are an Enterprise feature of Kong',
      sticky_sessions_cookie_path: 'sticky sessions are an Enterprise feature of Kong',
    },
  },
  targets: {
    schema: entities.targetSchema,
    unique: [],
    relations: { upstream: { to: 'upstreams', required: true } },
    children: {},
    idFrom: ['upstream', 'target'],
    unsupported: { failover: 'failover targets are an Enterprise feature of Kong' },
  },
  vaults: {
    schema: entities.vaultSchema,
    handle: 'prefix',
    unique: ['prefix'],
    relations: {},
    children: {},
    idFrom: ['prefix'],
    unsupported: {},
  },
  keyauth_credentials: credential(credentials.keyAuthSchema, { unique: ['key'], secret: ['key'], idFrom: ['key'] }),
  basicauth_credentials: credential(credentials.basicAuthSchema, { unique: ['username'], idFrom: ['username'] }),
  hmacauth_credentials: credential(credentials.hmacAuthSchema, { unique: ['username'], idFrom: ['username'] }),
  jwt_secrets: credential(credentials.jwtSecretSchema, { unique: ['key'], secret: ['key'], idFrom: ['key'] }),
  oauth2_credentials: credential(credentials.oauth2Schema, { unique: ['client_id'], idFrom: ['client_id'] }),
  acls: credential(credentials.aclSchema, { unique: [], idFrom: ['consumer', 'group'] }),
  mtls_auth_credentials: {
    ...credential(credentials.mtlsAuthSchema, { unique: [] }),
    unsupported: { ca_certificate: 'TLS ends before this gateway' },
  },
};

/** Root keys of Kong's format that would change what happens to traffic, and cannot: an error. */
export const UNSUPPORTED_ROOTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    consumer_groups: NO_GROUPS,
    consumer_group_plugins: NO_GROUPS,
    consumer_group_consumers: NO_GROUPS,
    certificates: 'TLS ends before this gateway',
    snis: 'TLS ends before this gateway',
    ca_certificates:
      'upstreams are verified against the certificate authorities of Node.js (NODE_EXTRA_CA_CERTS adds some)',
    filter_chains: NO_WASM,
    partials: 'shared settings are written with _plugin_configs or YAML anchors',
    plugins_partials: 'shared settings are written with _plugin_configs or YAML anchors',
    rbac_roles: 'the admin API has no roles',
    workspaces: 'there is one workspace',
    custom_entities: 'they belong to plugins that do not exist here',
    cloned_plugins: 'plugins are loaded from files and packages (TIDEGATE_PLUGINS)',
    custom_plugins: 'plugins are loaded from files and packages (TIDEGATE_PLUGINS)',
  }),
);

/** Root keys of Kong's format that nothing here depends on: a warning. */
export const IGNORED_ROOTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    licenses: 'no licence is needed',
    service_packages: 'they describe services in Konnect',
    keys: 'no plugin of this gateway uses them',
    key_sets: 'no plugin of this gateway uses them',
    _konnect: 'nothing is sent to Konnect',
  }),
);

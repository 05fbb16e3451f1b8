import { z } from '#libs/plugin-api';
import {
  headerName,
  headerValue,
  host,
  httpProtocol,
  kongProtocol,
  method,
  name,
  port,
  routeHost,
  routePath,
  servicePath,
  tags,
  timeout,
  timestamp,
  uuid,
} from './fields.schema.js';

/**
 * Kong's entities without their relations (`service: …` and the like) and without nested lists, which are worked out before.
 * Defaults are Kong's: https://developer.konghq.com/gateway/entities/.
 */

const common = {
  id: uuid.exactOptional(),
  tags: tags.exactOptional(),
  created_at: timestamp.exactOptional(),
  updated_at: timestamp.exactOptional(),
};

export const serviceSchema = z
  .strictObject({
    ...common,
    name: name.exactOptional(),
    protocol: httpProtocol.default('http'),
    host,
    port: port.default(80),
    path: servicePath.exactOptional(),
    retries: z.int().min(0).max(32767).default(5),
    connect_timeout: timeout.default(60_000),
    write_timeout: timeout.default(60_000),
    read_timeout: timeout.default(60_000),
    enabled: z.boolean().default(true),
    tls_verify: z.boolean().exactOptional(),
  })
  .superRefine((service, context) => {
    if (service.tls_verify !== undefined && service.protocol !== 'https') {
      context.addIssue({ code: 'custom', path: ['tls_verify'], message: 'can only be set when protocol is https' });
    }
  });

export const routeSchema = z
  .strictObject({
    ...common,
    name: name.exactOptional(),
    protocols: z.array(httpProtocol).min(1).default(['http', 'https']),
    methods: z.array(method).exactOptional(),
    hosts: z.array(routeHost).exactOptional(),
    paths: z.array(routePath).exactOptional(),
    headers: z.record(headerName, z.array(headerValue)).exactOptional(),
    regex_priority: z.int().default(0),
    strip_path: z.boolean().default(true),
    path_handling: z.enum(['v0', 'v1']).default('v0'),
    preserve_host: z.boolean().default(false),
    request_buffering: z.boolean().default(true),
    response_buffering: z.boolean().default(true),
    https_redirect_status_code: z.literal([426, 301, 302, 307, 308]).default(426),
  })
  .superRefine((route, context) => {
    const { methods = [], hosts = [], paths = [], headers = {} } = route;
    if (methods.length + hosts.length + paths.length + Object.keys(headers).length === 0) {
      context.addIssue({ code: 'custom', message: "must set one of 'paths', 'hosts', 'methods', 'headers'" });
    }
    for (const key of Object.keys(headers)) {
      if (key.toLowerCase() !== 'host') continue;
      const message = "cannot contain the 'host' header, which is matched by 'hosts'";
      context.addIssue({ code: 'custom', path: ['headers', key], message });
    }
  })
  .transform((route) => (route.headers === undefined ? route : { ...route, headers: lowerCaseKeys(route.headers) }));

export const consumerSchema = z
  .strictObject({
    ...common,
    username: z.string().min(1).exactOptional(),
    custom_id: z.string().min(1).exactOptional(),
  })
  .refine(
    ({ username, custom_id }) => username !== undefined || custom_id !== undefined,
    "at least one of 'username', 'custom_id' is required",
  );

/** A `plugins` entry without its `config`, whose schema is the plugin's own. */
export const pluginSchema = z.strictObject({
  ...common,
  name: z.string().min(1),
  instance_name: name.exactOptional(),
  enabled: z.boolean().default(true),
  protocols: z.array(kongProtocol).min(1).exactOptional(),
});

export const vaultSchema = z.strictObject({
  ...common,
  name: z.string().min(1),
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must consist of small letters, digits and "-", a letter first')
    .refine((prefix) => prefix !== 'env', 'must differ from env, the name of the built-in vault'),
  description: z.string().exactOptional(),
  config: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[A-Za-z_][\w-]*$/, 'must be the beginning of a variable name')
        .exactOptional(),
    })
    .prefault({}),
});

const hashSource = z
  .enum(['none', 'consumer', 'ip', 'header', 'cookie', 'path', 'query_arg', 'uri_capture'])
  .default('none');
const parameter = z.string().min(1).exactOptional();
const counter = z.int().min(0).max(255).default(0);
/** Seconds; 0 turns the probes off. */
const interval = z.number().min(0).max(65535).default(0);
const checkType = z.enum(['tcp', 'http', 'https', 'grpc', 'grpcs']).default('http');
const statuses = (defaults: number[]) => z.array(z.int().min(100).max(999)).default(defaults);

export const upstreamSchema = z
  .strictObject({
    ...common,
    name: host,
    algorithm: z.enum(['round-robin', 'consistent-hashing', 'least-connections', 'latency']).default('round-robin'),
    hash_on: hashSource,
    hash_fallback: hashSource,
    hash_on_header: headerName.exactOptional(),
    hash_fallback_header: headerName.exactOptional(),
    hash_on_cookie: parameter,
    hash_on_cookie_path: servicePath.default('/'),
    hash_on_query_arg: parameter,
    hash_fallback_query_arg: parameter,
    hash_on_uri_capture: parameter,
    hash_fallback_uri_capture: parameter,
    slots: z.int().min(10).max(65536).default(10_000),
    host_header: z.string().min(1).exactOptional(),
    use_srv_name: z.boolean().default(false),
    healthchecks: z
      .strictObject({
        threshold: z.number().min(0).max(100).default(0),
        active: z
          .strictObject({
            type: checkType,
            /** Seconds. */
            timeout: z.number().min(0).max(65535).default(1),
            concurrency: z
              .int()
              .min(1)
              .max(2 ** 31)
              .default(10),
            http_path: servicePath.default('/'),
            https_sni: host.exactOptional(),
            https_verify_certificate: z.boolean().default(true),
            headers: z.record(headerName, z.array(z.string())).exactOptional(),
            healthy: z.strictObject({ interval, successes: counter, http_statuses: statuses([200, 302]) }).prefault({}),
            unhealthy: z
              .strictObject({
                interval,
                tcp_failures: counter,
                timeouts: counter,
                http_failures: counter,
                http_statuses: statuses([429, 404, 500, 501, 502, 503, 504, 505]),
              })
              .prefault({}),
          })
          .prefault({}),
        passive: z
          .strictObject({
            type: checkType,
            healthy: z
              .strictObject({
                successes: counter,
                http_statuses: statuses([
                  200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308,
                ]),
              })
              .prefault({}),
            unhealthy: z
              .strictObject({
                tcp_failures: counter,
                timeouts: counter,
                http_failures: counter,
                http_statuses: statuses([429, 500, 503]),
              })
              .prefault({}),
          })
          .prefault({}),
      })
      .prefault({}),
  })
  .superRefine((upstream, context) => {
    for (const by of ['hash_on', 'hash_fallback'] as const) {
      const source = upstream[by];
      const field = source === 'cookie' ? 'hash_on_cookie' : (`${by}_${source}` as keyof typeof upstream);
      if (['header', 'cookie', 'query_arg', 'uri_capture'].includes(source) && upstream[field] === undefined) {
        context.addIssue({ code: 'custom', path: [by], message: `${source} needs the field ${field}` });
      }
    }
  });

export const targetSchema = z.strictObject({
  ...common,
  target: z
    .string()
    .refine(
      (target) => host.safeParse(target.replace(/:\d{1,5}$/, '')).success,
      'must be a host name or an IP address, optionally with a port, e.g. 10.0.0.1:8000',
    ),
  weight: z.int().min(0).max(65535).default(100),
});

function lowerCaseKeys<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}

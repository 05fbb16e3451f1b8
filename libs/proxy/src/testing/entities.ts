import type { ConsumerEntity, GatewayPlugin, PluginEntity, RouteEntity, ServiceEntity } from '#libs/plugin-api';
import { z } from '#libs/plugin-api';
import type { InstalledPlugin } from '../chain/plugin-registry.js';

const TIMES = { created_at: 1_700_000_000, updated_at: 1_700_000_000 };

/** A route with Kong's defaults; its id is its name. */
export function route(name: string, fields: Partial<RouteEntity> = {}): RouteEntity {
  return {
    id: name,
    name,
    protocols: ['http', 'https'],
    regex_priority: 0,
    strip_path: true,
    path_handling: 'v0',
    preserve_host: false,
    request_buffering: true,
    response_buffering: true,
    https_redirect_status_code: 426,
    ws_id: 'default',
    ...TIMES,
    ...fields,
  };
}

/** A service with Kong's defaults; its id is its name. */
export function service(name: string, fields: Partial<ServiceEntity> = {}): ServiceEntity {
  return {
    id: name,
    name,
    protocol: 'http',
    host: '127.0.0.1',
    port: 80,
    retries: 5,
    connect_timeout: 60_000,
    write_timeout: 60_000,
    read_timeout: 60_000,
    enabled: true,
    ws_id: 'default',
    ...TIMES,
    ...fields,
  };
}

export function consumer(name: string): ConsumerEntity {
  return { id: name, username: name, ...TIMES };
}

/** A `plugins` entry; its id is its name and what it is bound to. */
export function plugin(
  name: string,
  binding: { route?: string; service?: string; consumer?: string } = {},
  fields: Partial<PluginEntity> = {},
): PluginEntity {
  return {
    id: [name, binding.consumer, binding.route, binding.service].filter(Boolean).join('@'),
    name,
    enabled: true,
    config: {},
    position: 'tidegate.yaml:1',
    ...Object.fromEntries(Object.entries(binding).map(([kind, id]) => [kind, { id }])),
    ...fields,
  };
}

export function installed(name: string, priority: number, instance: GatewayPlugin): [string, InstalledPlugin] {
  return [name, { metadata: { name, priority, config: z.unknown() }, instance }];
}

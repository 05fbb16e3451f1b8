import type { ServiceEntity } from '#libs/plugin-api';
import type { AiProxyConfig } from './ai-proxy.config.js';

export interface UpstreamTimeouts {
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

/** Kong’s default of a service’s timeouts: no word of the operator about models, which think for minutes. */
const KONG_DEFAULT = 60_000;
const FIRST_BYTE_TIMEOUT = 600_000;
const IDLE_TIMEOUT = 300_000;

/**
 * Milliseconds. `streaming.*` of the plugin wins, then a `read_timeout` of the service that is not Kong’s default, then what
 * language models need.
 */
export function upstreamTimeouts(
  streaming: AiProxyConfig['streaming'],
  service: Pick<ServiceEntity, 'connect_timeout' | 'read_timeout'> | undefined,
): UpstreamTimeouts {
  const read = service === undefined || service.read_timeout === KONG_DEFAULT ? undefined : service.read_timeout;
  return {
    connectTimeout: service?.connect_timeout ?? KONG_DEFAULT,
    headersTimeout: streaming.first_byte_timeout ?? read ?? FIRST_BYTE_TIMEOUT,
    bodyTimeout: streaming.idle_timeout ?? read ?? IDLE_TIMEOUT,
  };
}

import { z } from '#libs/plugin-api';

const off = (what: string) => z.boolean().default(false).describe(what);

export const prometheusConfig = z.strictObject({
  per_consumer: off('Fill the label consumer; at most 200 of them, then `other`'),
  status_code_metrics: off('kong_http_requests_total'),
  latency_metrics: off('kong_kong_latency_ms, kong_upstream_latency_ms, kong_request_latency_ms'),
  bandwidth_metrics: off('kong_bandwidth_bytes'),
  ai_metrics: off('kong_ai_llm_*; of exchanges whose AI plugin has logging.log_statistics'),
  upstream_health_metrics: off(
    'kong_upstream_target_health; without samples, as in Kong without `upstreams`, of which this gateway has none',
  ),
  wasm_metrics: off('Not available: there are no Wasm filters'),
});

export type PrometheusConfig = z.output<typeof prometheusConfig>;

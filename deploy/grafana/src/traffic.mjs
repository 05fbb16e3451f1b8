import { bars, dashboard, greenFrom, instances, levels, lines, redFrom, routes, stat } from './panels.mjs';
import { increase, max, quantile, rate, share, sum } from './promql.mjs';

const ALL = 'instance=~"$instance"';
const ROUTE = `${ALL},route=~"$route"`;

const exchanges = (more = '') => `tidegate_exchanges_total{${ROUTE}${more}}`;

export const traffic = dashboard({
  uid: 'tidegate-traffic',
  title: 'Traffic',
  description: 'How much goes through, how fast it is, and what fails by whose fault.',
  variables: [instances, routes],
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Exchanges', 'Requests that were answered, per second.', 'reqps', rate(exchanges()), { decimals: 2 }),
        stat(
          'Failed by upstream',
          'Share of the exchanges that the provider failed, in the last minutes.',
          'percentunit',
          share(rate(exchanges(',outcome="upstream_failed"')), rate(exchanges())),
          {
            steps: levels(0.01, 0.05),
            decimals: 1,
          },
        ),
        stat(
          'Streams under way',
          'Streamed answers that are being sent at this moment.',
          'short',
          sum(`tidegate_active_streams{${ALL}}`),
        ),
        stat(
          'First token, p95',
          'Nineteen of twenty streams show their first content within this time.',
          's',
          quantile(0.95, 'tidegate_time_to_first_token_seconds', ROUTE),
          {
            steps: levels(10, 30),
            decimals: 2,
          },
        ),
        stat('Gateways', 'Gateways that Prometheus reaches.', 'short', `sum(up{job="tidegate",${ALL}})`, {
          steps: greenFrom(1),
        }),
        stat(
          'Configuration refused',
          'Gateways whose newest declarative files have a fault, so that an older configuration runs. /status tells the fault.',
          'short',
          sum(`tidegate_configuration_refused{${ALL}}`),
          {
            steps: redFrom(1),
          },
        ),
      ],
    },
    {
      title: 'Rates and errors',
      panels: [
        lines(
          'Exchanges by outcome',
          'completed, left by the client, failed by the provider, refused.',
          'reqps',
          [[rate(exchanges(), 'outcome'), '{{outcome}}']],
          { stacked: true },
        ),
        lines(
          'Answers by status',
          'HTTP status that clients got. From the plugin prometheus with status_code_metrics.',
          'reqps',
          [[rate(`kong_http_requests_total{${ROUTE}}`, 'code'), '{{code}}']],
          { stacked: true },
        ),
        lines(
          'Failures by class',
          'By whose fault: caller_, policy_, provider_, self_. Anything in self_ is for whoever runs the gateway.',
          'reqps',
          [[rate(`tidegate_upstream_errors_total{${ALL}}`, 'class'), '{{class}}']],
          { stacked: true },
        ),
        lines(
          'Exchanges by route',
          'Per second, by route of the declarative file.',
          'reqps',
          [[rate(exchanges(), 'route'), '{{route}}']],
          { stacked: true },
        ),
        lines('Upstream retries', 'Attempts after the first one of an exchange, by route.', 'reqps', [
          [rate(`tidegate_upstream_retries_total{${ROUTE}}`, 'route'), '{{route}}'],
        ]),
        lines('Bandwidth', 'Bytes of requests and answers. From the plugin prometheus with bandwidth_metrics.', 'Bps', [
          [rate(`kong_bandwidth_bytes{${ROUTE}}`, 'direction'), '{{direction}}'],
        ]),
      ],
    },
    {
      title: 'Speed',
      panels: [
        lines('Time to first token', 'Until the first content went to the client; streams only.', 's', [
          [quantile(0.5, 'tidegate_time_to_first_token_seconds', ROUTE), 'p50'],
          [quantile(0.95, 'tidegate_time_to_first_token_seconds', ROUTE), 'p95'],
          [quantile(0.99, 'tidegate_time_to_first_token_seconds', ROUTE), 'p99'],
        ]),
        lines('Time to first token by model, p95', 'Compares providers and models.', 's', [
          [quantile(0.95, 'tidegate_time_to_first_token_seconds', ROUTE, 'provider, model'), '{{provider}} {{model}}'],
        ]),
        lines('Time per output token by model, p50', 'Between tokens after the first; streams only.', 's', [
          [quantile(0.5, 'tidegate_time_per_output_token_seconds', ROUTE, 'provider, model'), '{{provider}} {{model}}'],
        ]),
        lines('Duration of exchanges', 'From the request head read to the last byte sent.', 's', [
          [quantile(0.5, 'tidegate_exchange_duration_seconds', ROUTE), 'p50'],
          [quantile(0.95, 'tidegate_exchange_duration_seconds', ROUTE), 'p95'],
        ]),
        lines('Under way', 'Exchanges and, among them, streamed answers.', 'short', [
          [sum(`tidegate_active_exchanges{${ALL}}`), 'exchanges'],
          [sum(`tidegate_active_streams{${ALL}}`), 'streams'],
        ]),
        lines(
          'Added by the gateway',
          'Time in the gateway itself. From the plugin prometheus with latency_metrics.',
          'ms',
          [
            [quantile(0.5, 'kong_kong_latency_ms', ROUTE), 'p50'],
            [quantile(0.99, 'kong_kong_latency_ms', ROUTE), 'p99'],
          ],
        ),
      ],
    },
    {
      title: 'Agents',
      panels: [
        bars(
          'Clients',
          'Exchanges in the selected time by client program.',
          'short',
          `sort_desc(${increase(`tidegate_client_exchanges_total{${ALL}}`, 'client')})`,
          '{{client}}',
          { w: 6 },
        ),
        bars(
          'Tools that models called',
          'The twenty called most in the selected time.',
          'short',
          `topk(20, ${increase(`tidegate_tool_calls_total{${ALL}}`, 'tool')})`,
          '{{tool}}',
          { w: 6 },
        ),
        bars(
          'Why models stopped',
          'Stop reasons in the selected time, in Anthropic’s words where the client speaks its format.',
          'short',
          `sort_desc(${increase(`tidegate_stop_reasons_total{${ALL}}`, 'reason')})`,
          '{{reason}}',
          { w: 6 },
        ),
        bars(
          'Lost in translation',
          'What could not be carried to the provider’s format in the selected time; the record lists it as ai.translation.lossy.',
          'short',
          `sort_desc(${increase(`tidegate_translation_losses_total{${ALL}}`, 'what')})`,
          '{{what}}',
          { w: 6 },
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        lines('Event loop delay, p99', 'How late timers run. Above 0.1 s streams stutter.', 's', [
          [quantile(0.99, 'tidegate_event_loop_delay_seconds', ALL, 'instance'), '{{instance}}'],
        ]),
        lines('CPU', 'Cores in use.', 'short', [
          [rate(`tidegate_process_cpu_seconds_total{${ALL}}`, 'instance'), '{{instance}}'],
        ]),
        lines('Memory', 'Resident memory.', 'bytes', [
          [max(`tidegate_process_resident_memory_bytes{${ALL}}`, 'instance'), '{{instance}}'],
        ]),
      ],
    },
  ],
});

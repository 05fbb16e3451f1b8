import { dashboard, instances, lines, sinks, stat } from './panels.mjs';
import { increase, max, rate, sum } from './promql.mjs';

const ALL = 'instance=~"$instance"';
const SINK = `${ALL},sink=~"$sink"`;

export const delivery = dashboard({
  uid: 'tidegate-delivery',
  title: 'Delivery',
  description: 'Whether every record reaches every log sink, how late, and what was lost.',
  variables: [instances, sinks],
  rows: [
    {
      title: 'Now',
      panels: [
        stat(
          'Longest lag',
          'Age of the oldest record that a sink does not have yet.',
          's',
          max(`tidegate_sink_lag_seconds{${SINK}}`),
          {
            steps: [
              [null, 'green'],
              [30, 'orange'],
              [300, 'red'],
            ],
            decimals: 1,
          },
        ),
        stat('Records in line', 'Over all sinks.', 'short', sum(`tidegate_sink_queue_entries{${SINK}}`)),
        stat('Bytes in line', 'Over all sinks.', 'bytes', sum(`tidegate_sink_queue_bytes{${SINK}}`)),
        stat(
          'Delivered',
          'Records in the selected time, each sink counted.',
          'short',
          increase(`tidegate_sink_delivered_total{${SINK}}`),
          {
            decimals: 0,
          },
        ),
        stat(
          'Lost',
          'Records that were dropped in the selected time. Must be 0.',
          'short',
          increase(`tidegate_sink_dropped_total{${SINK}}`),
          {
            steps: [
              [null, 'green'],
              [0.5, 'red'],
            ],
            decimals: 0,
          },
        ),
        stat(
          'Dead letters',
          'Records that a sink has refused for good in the selected time.',
          'short',
          increase(`tidegate_sink_dead_total{${SINK}}`),
          {
            steps: [
              [null, 'green'],
              [0.5, 'red'],
            ],
            decimals: 0,
          },
        ),
      ],
    },
    {
      title: 'Sinks',
      panels: [
        lines('Lag', 'Age of the oldest record in line.', 's', [
          [max(`tidegate_sink_lag_seconds{${SINK}}`, 'sink'), '{{sink}}'],
        ]),
        lines('Records in line', 'Not delivered yet.', 'short', [
          [sum(`tidegate_sink_queue_entries{${SINK}}`, 'sink'), '{{sink}}'],
        ]),
        lines('Bytes in line', 'Of the records that are not delivered yet.', 'bytes', [
          [sum(`tidegate_sink_queue_bytes{${SINK}}`, 'sink'), '{{sink}}'],
        ]),
        lines('Delivered', 'Records per second, beside the exchanges that end.', 'cps', [
          [rate(`tidegate_sink_delivered_total{${SINK}}`, 'sink'), '{{sink}}'],
          [rate(`tidegate_exchanges_total{${ALL}}`), 'exchanges'],
        ]),
        lines('Writes that failed', 'Per second; a failed write is repeated until it succeeds.', 'cps', [
          [rate(`tidegate_sink_failed_total{${SINK}}`, 'sink'), '{{sink}} failed'],
          [rate(`tidegate_sink_retried_total{${SINK}}`, 'sink'), '{{sink}} repeated'],
        ]),
        lines('Lost and refused', 'Records per second that were dropped, and that a sink refused for good.', 'cps', [
          [rate(`tidegate_sink_dropped_total{${SINK}}`, 'sink'), '{{sink}} dropped'],
          [rate(`tidegate_sink_dead_total{${SINK}}`, 'sink'), '{{sink}} dead letters'],
        ]),
      ],
    },
  ],
});

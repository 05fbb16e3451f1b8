import { dashboard, instances, levels, lines, redFrom, sinks, stat } from './panels.mjs';
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
            steps: levels(30, 300),
            decimals: 1,
          },
        ),
        stat('Records in line', 'Over all sinks.', 'short', sum(`tidegate_sink_queue_entries{${SINK}}`)),
        stat(
          'Journal in use',
          'Share of the room that the journal may have on disk; the fullest gateway.',
          'percentunit',
          max(`tidegate_journal_bytes{${ALL}} / tidegate_journal_max_bytes{${ALL}}`),
          { steps: levels(0.5, 0.8), decimals: 1 },
        ),
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
            steps: redFrom(0.5),
            decimals: 0,
          },
        ),
        stat(
          'Dead letters',
          'Records that sinks have refused for good and that wait on disk for tidegate dead-letters.',
          'short',
          sum(`tidegate_sink_dead_letters{${SINK}}`),
          { steps: redFrom(1), decimals: 0 },
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
    {
      title: 'Journal',
      panels: [
        lines('Bytes on disk', 'Beside the most that the journal may have.', 'bytes', [
          [max(`tidegate_journal_bytes{${ALL}}`, 'instance'), '{{instance}}'],
          [max(`tidegate_journal_max_bytes{${ALL}}`, 'instance'), '{{instance}} at most'],
        ]),
        lines(
          'Exchanges without a record yet',
          'Started and not ended: they run, or they end as interrupted at the next start.',
          'short',
          [[sum(`tidegate_journal_unfinished_exchanges{${ALL}}`, 'instance'), '{{instance}}']],
        ),
        lines(
          'Trouble',
          'Full, the disk takes nothing, places that could not be read, records for sinks that are gone. All must be 0.',
          'short',
          [
            [sum(`tidegate_journal_full{${ALL}}`), 'gateways whose journal is full'],
            [sum(`tidegate_journal_failing{${ALL}}`), 'gateways whose disk takes nothing'],
            [sum(`tidegate_journal_corrupt_frames_total{${ALL}}`), 'unreadable places'],
            [sum(`tidegate_journal_unclaimed_entries{${ALL}}`), 'records for sinks that are gone'],
          ],
        ),
      ],
    },
    {
      title: 'OpenTelemetry',
      panels: [
        lines(
          'Taken by the collector',
          'Spans, log records and metric points per second. From the plugin opentelemetry.',
          'cps',
          [[rate(`tidegate_otel_exported_total{${ALL}}`, 'signal'), '{{signal}}']],
          { w: 12 },
        ),
        lines(
          'Not taken by the collector',
          'Per second: given up after tries, or dropped because too much was in line. Traffic is not delayed by it.',
          'cps',
          [
            [rate(`tidegate_otel_failed_total{${ALL}}`, 'signal'), '{{signal}} given up'],
            [rate(`tidegate_otel_dropped_total{${ALL}}`, 'signal'), '{{signal}} dropped'],
          ],
          { w: 12 },
        ),
      ],
    },
  ],
});

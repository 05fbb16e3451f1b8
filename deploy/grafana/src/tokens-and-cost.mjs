import { bars, dashboard, instances, lines, models, orangeFrom, rising, routes, stat, table } from './panels.mjs';
import { increase, rate, share } from './promql.mjs';

const SCOPE = 'instance=~"$instance",model=~"$model",route=~"$route"';
const MODEL = 'instance=~"$instance",model=~"$model"';
const HOUR = 3600;
/** Seconds of an average month, as Grafana and calendars agree on it: 365.25 days by twelve. */
const MONTH = 2_629_800;

const cost = `tidegate_cost_usd_total{${SCOPE}}`;
const tokens = (type) => `tidegate_tokens_total{${SCOPE},type="${type}"}`;
const perMinute = (expr) => `60 * ${expr}`;

export const tokensAndCost = dashboard({
  uid: 'tidegate-tokens-and-cost',
  title: 'Tokens and cost',
  description: 'What is spent, on which model, by which kind of request, and what the prompt cache saves.',
  variables: [instances, routes, models],
  rows: [
    {
      title: 'In the selected time',
      panels: [
        stat('Cost', 'USD of all exchanges whose price is known.', 'currencyUSD', increase(cost), { decimals: 2 }),
        stat(
          'Cost per hour',
          'USD an hour, at the pace of the last hour.',
          'currencyUSD',
          `${HOUR} * sum(rate(${cost}[1h]))`,
          { decimals: 2 },
        ),
        stat(
          'Projected month',
          'USD a month if it goes on at the pace of the selected time.',
          'currencyUSD',
          `${MONTH} * sum(rate(${cost}[$__range]))`,
          { decimals: 0 },
        ),
        stat(
          'Tokens',
          'Input and output; cached ones are part of the input, reasoning of the output.',
          'short',
          increase(`tidegate_tokens_total{${SCOPE},type=~"input|output"}`),
        ),
        stat(
          'Cache share',
          'Share of the input that providers read from their prompt cache, at a fraction of the price.',
          'percentunit',
          share(increase(tokens('cached')), increase(tokens('input'))),
          {
            steps: rising(0.3, 0.6),
            decimals: 1,
          },
        ),
        stat(
          'Without a price',
          'Exchanges that are missing in the cost: no price is known of their model. Set input_cost and output_cost.',
          'short',
          `${increase(`tidegate_price_missing_total{${MODEL}}`)} or vector(0)`,
          {
            steps: orangeFrom(1),
            decimals: 0,
          },
        ),
      ],
    },
    {
      title: 'Cost',
      panels: [
        lines(
          'Cost per hour by model',
          'USD an hour.',
          'currencyUSD',
          [[`${HOUR} * ${rate(cost, 'provider, model')}`, '{{provider}} {{model}}']],
          { stacked: true },
        ),
        lines(
          'Cost per hour by request class',
          'main, subagent, compaction …, as Claude Code names them.',
          'currencyUSD',
          [[`${HOUR} * ${rate(cost, 'request_class')}`, '{{request_class}}']],
          { stacked: true },
        ),
        lines(
          'Cost per hour by route',
          'USD an hour.',
          'currencyUSD',
          [[`${HOUR} * ${rate(cost, 'route')}`, '{{route}}']],
          { stacked: true },
        ),
        table(
          'By model',
          'Sums over the selected time.',
          [
            [increase(cost, 'provider, model'), 'Cost', 'currencyUSD'],
            [increase(tokens('input'), 'provider, model'), 'Input', 'short'],
            [increase(tokens('cached'), 'provider, model'), 'of it cached', 'short'],
            [increase(tokens('output'), 'provider, model'), 'Output', 'short'],
            [increase(tokens('reasoning'), 'provider, model'), 'of it reasoning', 'short'],
          ],
          'Cost',
          { w: 16 },
        ),
        bars(
          'Cost by request class',
          'USD in the selected time.',
          'currencyUSD',
          `sort_desc(${increase(cost, 'request_class')})`,
          '{{request_class}}',
        ),
      ],
    },
    {
      title: 'Tokens',
      panels: [
        lines(
          'Tokens by type',
          'Per minute. The parts add up: input is fresh, read from the cache or written to it; output is an answer or reasoning.',
          'short',
          [
            [
              perMinute(`(${rate(tokens('input'))} - ${rate(tokens('cached'))} - ${rate(tokens('cache_write'))})`),
              'input, fresh',
            ],
            [perMinute(rate(tokens('cached'))), 'input, cached'],
            [perMinute(rate(tokens('cache_write'))), 'input, written to the cache'],
            [perMinute(`(${rate(tokens('output'))} - ${rate(tokens('reasoning'))})`), 'output, answer'],
            [perMinute(rate(tokens('reasoning'))), 'output, reasoning'],
          ],
          { stacked: true, w: 12 },
        ),
        lines(
          'Cache share by model',
          'Share of the input that was read from the prompt cache.',
          'percentunit',
          [
            [
              share(rate(tokens('cached'), 'provider, model'), rate(tokens('input'), 'provider, model')),
              '{{provider}} {{model}}',
            ],
          ],
          { w: 12, max: 1 },
        ),
        lines('Output by model', 'Tokens per minute, reasoning included.', 'short', [
          [perMinute(rate(tokens('output'), 'provider, model')), '{{provider}} {{model}}'],
        ]),
        lines('Input by request class', 'Tokens per minute, cached ones included.', 'short', [
          [perMinute(rate(tokens('input'), 'request_class')), '{{request_class}}'],
        ]),
        lines('Input by route', 'Tokens per minute, cached ones included.', 'short', [
          [perMinute(rate(tokens('input'), 'route')), '{{route}}'],
        ]),
      ],
    },
    {
      title: 'How far the numbers can be trusted',
      panels: [
        bars(
          'Exchanges without a price',
          'Their cost is null in the record and missing here.',
          'short',
          `sort_desc(${increase(`tidegate_price_missing_total{${MODEL}}`, 'provider, model')})`,
          '{{provider}} {{model}}',
          { w: 12 },
        ),
        bars(
          'Exchanges whose tokens were estimated',
          'The provider told no usage, e.g. because the client left in the middle; the gateway has counted.',
          'short',
          `sort_desc(${increase(`tidegate_usage_estimated_total{${MODEL}}`, 'provider, model')})`,
          '{{provider}} {{model}}',
          { w: 12 },
        ),
      ],
    },
  ],
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stage } from '../gateway/stage.js';
import { meteredGateway } from '../metrics/metered-gateway.js';
import { KINDS } from '../metrics/mixed-traffic.js';
import { PROMETHEUS_CONFIG, RULES, RULES_TEST } from '../metrics/panels.js';
import { http } from '../support/index.js';
import { promtool } from './prometheus-server.js';

/** Names that Kong has given and dashboards made for it ask for. */
const KONGS_NAMES = [
  ...['kong_kong', 'kong_upstream', 'kong_request', 'kong_ai_llm_provider'].map(
    (name) => `${name}_latency_ms metric names should not contain abbreviated units`,
  ),
  'kong_bandwidth_bytes counter metrics should have "_total" suffix',
  'kong_nginx_connections_total non-counter metrics should not have "_total" suffix',
  'kong_nginx_requests_total non-counter metrics should not have "_total" suffix',
];

describe('promtool', () => {
  let stage: Stage;
  beforeAll(async () => {
    const metered = await meteredGateway();
    stage = metered.stage;
    await metered.traffic.send(KINDS.length);
  });
  afterAll(() => stage.close());

  it('check metrics objects to nothing but names that are Kong’s', async () => {
    const page = (await http(`${stage.gateway.status}/metrics`)).text;
    expect(page).toContain('tidegate_tokens_total{');
    const { output } = await promtool(['check', 'metrics'], page);
    expect(new Set(output.trim().split('\n'))).toEqual(new Set(KONGS_NAMES));
  });

  it.each([
    ['check config', ['check', 'config', PROMETHEUS_CONFIG]],
    ['check rules', ['check', 'rules', '--lint=all', '--lint-fatal', RULES]],
    ['test rules: every alert can fire, and none does when all is well', ['test', 'rules', RULES_TEST]],
  ])('%s', async (_, args) => {
    const { code, output } = await promtool(args);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });
});

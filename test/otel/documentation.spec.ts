import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, describe, it } from '@jest/globals';
import { apiError, text } from '../../apps/simulated-openai/src/index.js';
import { tidegate } from '../gateway/command.js';
import { OtelStage, QUICK } from './stage.js';

const page = await readFile('docs/tracing.md', 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);
const inCode = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code));
/** `.top_p` stands for the name before it with another end. */
const isListed = (name: string): boolean =>
  inCode.has(name) ||
  inCode.has(name.replace('gen_ai.request', '')) ||
  inCode.has(name.replace('gen_ai.client.inference', '…'));

describe('docs/tracing.md', () => {
  it.each(examples)('has an example that is right:\n%s', async (yaml) => {
    const folder = await mkdtemp(join(tmpdir(), 'tidegate-docs-'));
    try {
      await writeFile(join(folder, 'example.yaml'), yaml);
      const checked = await tidegate(['check', 'example.yaml'], { cwd: folder, env: { OTLP_TOKEN: 't' } });
      expect(checked).toMatchObject({ code: 0, stdout: 'example.yaml: ok\n' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('lists every attribute, metric and event that is sent', async () => {
    const stage = await OtelStage.open({
      config: ({ url }) => ({
        traces_endpoint: `${url}/v1/traces`,
        logs_endpoint: `${url}/v1/logs`,
        metrics: {
          endpoint: `${url}/v1/metrics`,
          push_interval: 0.1,
          enable_request_metrics: true,
          enable_bandwidth_metrics: true,
          enable_latency_metrics: true,
        },
        queue: QUICK,
      }),
      aiProxy: { logging: { log_payloads: true } },
    });
    try {
      const usage = { prompt: 120, completion: 40, cached: 100, cacheWrite: 7, reasoning: 8 };
      stage.openai.enqueue(text('first', { usage }), apiError(503, { message: 'later' }));
      const request = { system: 'Be brief.', temperature: 1, top_k: 4, stop_sequences: ['END'], stream: true };
      await stage.traceOf(await stage.ask(request, { 'x-claude-code-session-id': 's', 'x-claude-code-agent-id': 'a' }));
      await stage.traceOf(await stage.ask());
      const { collector } = stage;
      await collector.logOf('gen_ai.client.operation.exception');
      await collector.until(() => collector.points.some(({ name }) => name === 'kong.latency.total'), 'metrics');
      const sent = [
        ...collector.spans.flatMap(({ attributes }) => Object.keys(attributes)),
        ...collector.logs.map(({ eventName }) => eventName ?? ''),
        ...collector.points.map(({ name }) => name),
      ];
      expect([...new Set(sent)].filter((name) => !isListed(name))).toEqual([]);
    } finally {
      await stage.close();
    }
  });
});

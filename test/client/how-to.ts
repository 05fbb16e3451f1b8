import { expect } from '@jest/globals';
import { join } from 'node:path';
import type { LogRecord } from '#libs/plugin-api';
import { SimulatedOpenAI, text } from '../../apps/simulated-openai/src/index.js';
import { eventually, startGateway } from '../support/index.js';
import { runClaude } from './harness/claude.js';
import type { ClientProgram } from './harness/program.js';
import { Outside } from './harness/outside.js';
import { Workspace } from './harness/workspace.js';

const PROMPT = "Tell me about Procopius' Secret History.";
const ANSWER =
  'Procopius’ Secret History (Greek: Ἀνέκδοτα, Anekdota) is a fascinating and notorious work of Byzantine literature.';
const KEY = 'sk-how-to-0123456789';

/**
 * Kong's how-to "Route Claude CLI traffic through Kong AI Gateway and OpenAI", step by step: its entities and plugins as decK
 * takes them. Only the place of the upstream and that of the log are not the original ones.
 */
export async function followHowTo(program: ClientProgram): Promise<void> {
  const openai = await SimulatedOpenAI.start({ apiKey: KEY });
  openai.respond(({ body }) =>
    JSON.stringify(body).includes(PROMPT)
      ? text(ANSWER, { usage: { prompt: 25, completion: 456, reasoning: 256 } })
      : text('ok'),
  );
  const outside = await Outside.start();
  const gateway = await startGateway({
    config: (directory) => declarativeFile(openai.url, join(directory, 'claude.json')),
    files: { 'outside.pem': outside.certificate },
    env: { DECK_OPENAI_API_KEY: KEY },
  });
  const workspace = await Workspace.create();
  try {
    const surroundings = {
      baseUrl: `http://localhost:${new URL(gateway.proxy).port}/anything`,
      proxyUrl: outside.url,
      certificateFile: gateway.path('outside.pem'),
    };
    const { result, stderr } = await runClaude(program, workspace, surroundings, { prompt: PROMPT });
    expect({ result: result?.result, stderr }).toMatchObject({ result: ANSWER });
    const record = await eventually(async () => {
      const records = await gateway.logRecords(gateway.path('claude.json'), 1);
      return records.find(({ ai }) => ai?.usage.prompt_tokens === 25);
    });
    checkRecord(record, program.version);
  } finally {
    await gateway.stop();
    await Promise.all([openai.close(), outside.stop(), workspace.remove()]);
  }
}

function declarativeFile(upstreamUrl: string, log: string): string {
  return `_format_version: "3.0"
services:
  - name: example-service
    url: http://httpbin.konghq.com/anything
routes:
  - name: example-route
    paths:
      - "/anything"
    service:
      name: example-service
    protocols:
      - http
      - https
plugins:
  - name: ai-proxy
    config:
      llm_format: anthropic
      route_type: llm/v1/chat
      auth:
        header_name: Authorization
        header_value: Bearer \${{ env "DECK_OPENAI_API_KEY" }}
        allow_override: false
      model:
        provider: openai
        name: gpt-5-mini
        options:
          upstream_url: ${upstreamUrl}/v1/chat/completions
      max_request_body_size: 524288
  - name: file-log
    config:
      path: ${log}
`;
}

/** The record that the how-to shows, field by field. */
function checkRecord(record: LogRecord, version: string): void {
  expect(record.request).toMatchObject({
    method: 'POST',
    headers: {
      'user-agent': expect.stringMatching(
        new RegExp(`^claude-cli/${version.replaceAll('.', '\\.')} \\(external, .*cli\\)$`),
      ),
      'content-type': 'application/json',
    },
  });
  expect(record.ai?.meta).toEqual({
    request_model: 'gpt-5-mini',
    request_mode: 'stream',
    response_model: 'gpt-5-mini-2025-08-07',
    provider_name: 'openai',
    llm_latency: expect.any(Number),
    plugin_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  });
  expect(record.ai?.usage).toMatchObject({
    completion_tokens: 456,
    completion_tokens_details: {
      accepted_prediction_tokens: 0,
      audio_tokens: 0,
      rejected_prediction_tokens: 0,
      reasoning_tokens: 256,
    },
    total_tokens: 481,
    time_per_token: expect.any(Number),
    time_to_first_token: expect.any(Number),
    prompt_tokens: 25,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  });
  expect(record).toMatchObject({
    service: { name: 'example-service' },
    route: { name: 'example-route' },
    response: { status: 200 },
    exchange: { outcome: 'completed' },
  });
  expect(JSON.stringify(record)).not.toContain(KEY);
}

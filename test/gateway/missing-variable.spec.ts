import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { http, post } from '../support/index.js';
import { lines, ROOT, tidegate } from './command.js';
import { CLAUDE_CODE, question, Stage } from './stage.js';

const SHIPPED = readFileSync(join(ROOT, 'tidegate.yaml'), 'utf8');
const LINE = SHIPPED.split('\n').findIndex((line) => line.includes('header_value:')) + 1;
const COLUMN = (SHIPPED.split('\n')[LINE - 1] ?? '').indexOf('${{') + 1;
const FAULT = `:${LINE}:${COLUMN} plugins[0].config.auth.header_value: environment variable OPENAI_API_KEY is not set`;

describe('the shipped file without OPENAI_API_KEY', () => {
  let stage: Stage;
  beforeAll(async () => {
    // Only the log goes to a place of the test's own.
    stage = await Stage.open({ config: ({ logPath }) => SHIPPED.replaceAll('/tmp/claude.json', logPath) });
  });
  afterAll(() => stage.close());

  it('starts, and warns with variable, file and line', async () => {
    const warning = await stage.gateway.logLine((line) => line.includes('OPENAI_API_KEY'));
    expect(JSON.parse(warning)).toMatchObject({ level: 40, msg: stage.gateway.path('tidegate.yaml') + FAULT });
    const ready = await http(`${stage.gateway.status}/status/ready`);
    expect(ready.status).toBe(200);
    const status = (await http(`${stage.gateway.status}/status`)).json();
    expect(status).toMatchObject({ configuration: { warnings: [stage.gateway.path('tidegate.yaml') + FAULT] } });
  });

  it.each([['oneshot'], ['stream']])("refuses a %s request clearly and in the client's format", async (mode) => {
    const answer = await post(
      `${stage.gateway.proxy}/anything/v1/messages`,
      question({ stream: mode === 'stream' }),
      CLAUDE_CODE,
    );
    expect(answer.status).toBe(503);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toEqual({
      type: 'error',
      error: { type: 'api_error', message: expect.stringContaining('OPENAI_API_KEY') },
      request_id: answer.headers['request-id'],
    });
    expect(answer.text).not.toContain(stage.gateway.directory);
    expect(await stage.recordOf(answer)).toMatchObject({
      response: { status: 503 },
      source: 'kong',
      upstream_status: '',
      latencies: { proxy: -1 },
      tries: [],
      exchange: { outcome: 'rejected' },
      error: { code: 'not_configured', message: expect.stringContaining('OPENAI_API_KEY') },
    });
  });
});

describe('tidegate check tidegate.yaml', () => {
  it('names the variable, the file and the line', async () => {
    expect(await tidegate(['check', 'tidegate.yaml'])).toEqual({
      code: 1,
      stdout: `tidegate.yaml${FAULT}\n`,
      stderr: '',
    });
  });

  it('is content with the variable set', async () => {
    const result = await tidegate(['check', 'tidegate.yaml'], { env: { OPENAI_API_KEY: 'sk-anything' } });
    expect([result.code, result.stderr, lines(result.stdout)]).toEqual([0, '', ['tidegate.yaml: ok']]);
  });
});

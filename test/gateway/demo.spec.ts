import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { eventually, http } from '../support/index.js';
import { lines, MAIN } from './command.js';

it('the demo needs no key, shows an answer and its record, tells how to go on, and goes on itself', async () => {
  const demo = spawn(process.execPath, [MAIN, 'demo'], {
    env: {
      PATH: process.env['PATH'],
      TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
      TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
      TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    demo.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(() => said.includes('Stop with Ctrl-C.'), { within: 60_000, what: 'the demo does not get there' });

    const [ready = '', ...rest] = lines(said);
    const { event, proxy } = JSON.parse(ready) as { event: string; proxy: string };
    expect(event).toBe('ready');
    expect(said).toContain('I am a simulated gpt-5-mini');
    const record = JSON.parse(rest.find((line) => line.startsWith('{"request"')) ?? '') as LogRecord;
    expect(record).toMatchObject({
      response: { status: 200 },
      ai: { meta: { request_model: 'gpt-5-mini', request_mode: 'stream' }, usage: { estimated: false } },
      exchange: { seq: 1, outcome: 'completed' },
    });
    expect(record.ai?.usage.total_tokens).toBeGreaterThan(0);
    expect(said).toContain(`ANTHROPIC_BASE_URL=${proxy}/anything ANTHROPIC_MODEL=gpt-5-mini`);

    const { status, text } = await http(`${proxy}/anything/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'x' },
      body: JSON.stringify({ model: 'any', max_tokens: 50, messages: [{ role: 'user', content: 'Still there?' }] }),
    });
    expect(status).toBe(200);
    expect(text).toContain('Still there?');
  } finally {
    demo.kill('SIGTERM');
  }
  expect(await once(demo, 'exit')).toEqual([0, null]);
});

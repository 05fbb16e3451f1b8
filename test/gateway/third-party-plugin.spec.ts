import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { eventually, get, jsonLines, post, startGateway, type HttpAnswer } from '../support/index.js';
import { ROOT } from './command.js';
import { CLAUDE_CODE, question, Stage, type Place } from './stage.js';

/** The plugin as the page shows it. */
async function pluginOfThePage(): Promise<{ readonly name: string; readonly source: string }> {
  const page = await readFile(join(ROOT, 'docs/plugins.md'), 'utf8');
  const [, path = '', source = ''] = /<!-- file: (\S+) -->\n+```js\n(.*?)```/s.exec(page) ?? [];
  expect(await readFile(join(ROOT, 'docs', path), 'utf8')).toBe(source);
  return { name: path.replace(/^.*\//, ''), source };
}

const SLOW = 'slow.jsonl';

function config({ directory, upstreamUrl, logPath }: Place): object {
  const aiProxy = (llm_format: string): object => ({
    name: 'ai-proxy',
    config: {
      llm_format,
      route_type: 'llm/v1/chat',
      auth: { header_name: 'Authorization', header_value: 'Bearer sk-upstream-key-of-the-gateway' },
      model: {
        provider: 'openai',
        name: 'gpt-5-mini',
        options: { upstream_url: `${upstreamUrl}/v1/chat/completions` },
      },
    },
  });
  const slow = (threshold: number): object => ({
    name: 'slow-exchanges',
    config: { path: join(directory, SLOW), threshold, header: 'X-Team' },
  });
  const route = (name: string, ...plugins: object[]): object => ({ name, paths: [`/${name}`], service: 'up', plugins });
  return {
    _format_version: '3.0',
    services: [{ name: 'up', url: `${upstreamUrl}/v1/models` }],
    routes: [
      route('anthropic', aiProxy('anthropic'), slow(0)),
      route('openai', aiProxy('openai'), slow(0)),
      route('plain', slow(0)),
      route('patient', aiProxy('anthropic'), slow(600_000)),
      route('without', aiProxy('anthropic')),
    ],
    plugins: [{ name: 'file-log', config: { path: logPath } }],
  };
}

let stage: Stage;
beforeAll(async () => {
  const { name, source } = await pluginOfThePage();
  stage = await Stage.open({ config, files: { [name]: source }, env: { TIDEGATE_PLUGINS: `./${name}` } });
});
afterAll(() => stage.close());

const ask = (route: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> =>
  post(`${stage.gateway.proxy}/${route}/v1/messages`, question(), { ...CLAUDE_CODE, ...headers });
const TEAM = { 'x-team': 'blue' };

describe('the plugin of docs/plugins.md', () => {
  it('is a step of the request path, before the upstream is asked', async () => {
    const before = stage.openai.requests.length;
    const refused = await ask('anthropic');
    expect(refused.status).toBe(403);
    expect(refused.json()).toEqual({
      type: 'error',
      error: { type: 'permission_error', message: expect.stringContaining('send the header x-team') },
      request_id: refused.headers['request-id'],
    });
    expect(stage.openai.requests).toHaveLength(before);
    expect(await stage.recordOf(refused)).toMatchObject({
      exchange: { outcome: 'rejected' },
      response: { status: 403 },
      error: { code: 'forbidden' },
    });
    const answer = await ask('anthropic', TEAM);
    expect([answer.status, answer.headers['x-slow-threshold']]).toEqual([200, '0']);
  });

  it('refuses each client in its own format', async () => {
    const openai = await post(`${stage.gateway.proxy}/openai/v1/chat/completions`, { messages: [] });
    expect([openai.status, Object.keys(openai.json() as object)]).toEqual([403, ['error']]);
    const plain = await get(`${stage.gateway.proxy}/plain`);
    expect([plain.status, Object.keys(plain.json() as object)]).toEqual([403, ['message', 'request_id']]);
  });

  it('is a sink: it gets the very records of the log', async () => {
    const answer = await ask('anthropic', TEAM);
    const record = await stage.recordOf(answer);
    const slow = await eventually(async () => {
      const lines = await jsonLines<LogRecord>(stage.gateway.path(SLOW), 1);
      return lines.find(({ exchange }) => exchange.id === record.exchange.id);
    });
    expect(slow).toEqual(record);
  });

  it('is an observer: it sees the first word of an answer', async () => {
    const answer = await ask('anthropic', TEAM);
    const line = await stage.gateway.logLine(
      (text) => text.startsWith('{"slow"') && text.includes(String(answer.headers['request-id'])),
    );
    expect(JSON.parse(line)).toEqual({ slow: answer.headers['request-id'], route: 'anthropic' });
  });

  it('works in its scope alone, with the configuration of that', async () => {
    const patient = await ask('patient', TEAM);
    expect(patient.headers['x-slow-threshold']).toBe('600000');
    const without = await ask('without');
    expect(without.status).toBe(200);
    expect(without.headers).not.toHaveProperty('x-slow-threshold');
    // What is written later shows that these two were passed over.
    const last = await ask('anthropic', TEAM);
    const ids = async (count: number): Promise<string[]> =>
      (await jsonLines<LogRecord>(stage.gateway.path(SLOW), count)).map(({ exchange }) => exchange.id);
    let seen = await ids(1);
    while (!seen.includes(String(last.headers['request-id']))) seen = await ids(seen.length + 1);
    for (const { headers } of [patient, without]) expect(seen).not.toContain(headers['request-id']);
    expect(stage.gateway.stderr.join('\n')).not.toContain(String(patient.headers['request-id']));
  });

  it('has a schema: a fault in its configuration is told with its place', async () => {
    const faulty = JSON.stringify(config(stage.place)).replace('"threshold":0', '"treshold":0');
    await stage.gateway.writeConfig(faulty);
    expect(await stage.gateway.logLine((line) => line.includes('is refused'))).toMatch(
      /tidegate\.yaml:\d+:\d+ routes\[0\]\.plugins\[1\]\.config\.treshold: unknown field \(did you mean threshold\?\)/,
    );
  });
});

describe('a gateway without it', () => {
  it('does not start with a configuration that names it', async () => {
    await expect(startGateway({ config: config(stage.place) })).rejects.toThrow(/slow-exchanges.*(?:unknown|not)/s);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chunk, DONE, fin, gate, sse, use } from '../../apps/simulated-openai/src/index.js';
import { eventually, get, howToConfig, openStream, post, type HttpAnswer } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
beforeEach(() => stage.openai.reset());
afterAll(() => stage.close());

const url = (): string => `${stage.gateway.proxy}/anything/v1/messages`;
const ask = (): Promise<HttpAnswer> => post(url(), question(), CLAUDE_CODE);
const modelOf = ({ headers }: Pick<HttpAnswer, 'headers'>): unknown => headers['x-kong-llm-model'];
const configWith = (model: string, more: object = {}): object => howToConfig({ ...stage.place, model, ...more });

const runs = (model: string): Promise<boolean> =>
  eventually(async () => modelOf(await ask()) === `openai/${model}`, { what: `${model} is not asked` });

const configuration = async (): Promise<Record<string, unknown>> => {
  const status = (await get(`${stage.gateway.status}/status`)).json() as { configuration: Record<string, unknown> };
  return status.configuration;
};

describe('a reload', () => {
  it('costs no request under traffic, by file change and by SIGHUP', async () => {
    const before = (await stage.records(0)).length;
    const answers: HttpAnswer[] = [];
    const ended = new AbortController();
    const traffic = Array.from({ length: 3 }, async () => {
      while (!ended.signal.aborted) answers.push(await ask());
    });
    try {
      for (const [model, signal] of [
        ['gpt-5', true],
        ['gpt-4o', false],
        ['gpt-5-nano', true],
        ['gpt-4.1', false],
      ] as const) {
        await stage.gateway.writeConfig(configWith(model));
        if (signal) stage.gateway.signal('SIGHUP');
        await eventually(() => answers.some((answer) => modelOf(answer) === `openai/${model}`), { what: model });
      }
    } finally {
      ended.abort();
      await Promise.all(traffic);
    }

    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const records = await stage.records(before + answers.length);
    expect(records).toHaveLength(before + answers.length);
    expect(new Set(records.map(({ exchange }) => exchange.seq)).size).toBe(records.length);
    expect(Math.max(...records.map(({ exchange }) => exchange.seq))).toBe(records.length);
  });

  it('with a fault leaves the old configuration in place, and shows the fault', async () => {
    await stage.gateway.writeConfig(configWith('gpt-5'));
    await runs('gpt-5');
    const { hash } = await configuration();
    await stage.gateway.writeConfig(configWith('gpt-4o', { aiProxy: { route_type: 'llm/v9' } }));
    const refused = await eventually(async () => (await configuration())['refused']);
    const fault = expect.stringMatching(/tidegate\.yaml:\d+:\d+ plugins\[0\]\.config\.route_type: .*llm\/v1\/chat/);
    expect(refused).toEqual({ at: expect.any(String), faults: [fault] });
    expect(await configuration()).toMatchObject({ hash });
    expect(
      JSON.parse(await stage.gateway.logLine((line) => line.includes('is refused') && line.includes('route_type'))),
    ).toMatchObject({
      level: 50,
      msg: fault,
    });
    expect(modelOf(await ask())).toBe('openai/gpt-5');
    expect((await get(`${stage.gateway.status}/status/ready`)).status).toBe(200);

    await stage.gateway.writeConfig(configWith('gpt-4o'));
    await runs('gpt-4o');
    expect(await configuration()).not.toHaveProperty('refused');
  });

  it('lets running exchanges finish with the old configuration', async () => {
    await stage.gateway.writeConfig(configWith('gpt-5', { aiProxy: { logging: { log_payloads: true } } }));
    await runs('gpt-5');
    const hold = gate();
    stage.openai.enqueue(sse([chunk({ content: 'old' }), hold, fin('stop'), use(5, 2), DONE]));
    const running = await openStream(url(), { body: question({ stream: true }), headers: CLAUDE_CODE });
    await running.until('old');

    await stage.gateway.writeConfig(configWith('gpt-4o'));
    await runs('gpt-4o');
    hold.open();
    await running.rest();
    expect(modelOf(running)).toBe('openai/gpt-5');
    const record = await stage.recordOf(running);
    expect(record.ai).toMatchObject({ meta: { request_model: 'gpt-5' }, payload: { response: expect.any(String) } });
    const next = await stage.recordOf(await ask());
    expect(next.ai).toMatchObject({ meta: { request_model: 'gpt-4o' } });
    expect(next.ai).not.toHaveProperty('payload');
  });
});

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { post, temporaryDirectory, type TemporaryDirectory } from '../support/index.js';
import { lines, MAIN, tidegate } from './command.js';
import { CLAUDE_CODE, question, Stage } from './stage.js';

let folder: TemporaryDirectory;
beforeEach(async () => {
  folder = await temporaryDirectory();
});
afterEach(() => folder.remove());

const STARTED = Date.UTC(2026, 10, 28, 12);

/** The least that a record of an exchange with a model says. */
function record(
  seq: number,
  more: { model?: string; cost?: number | null; filler?: string; startedAt?: number } = {},
): string {
  const { model = 'gpt-5-mini', cost = 0.5, filler, startedAt = STARTED } = more;
  const usage = {
    prompt_tokens: 1000,
    completion_tokens: 100,
    prompt_tokens_details: { cached_tokens: 250 },
    time_to_first_token: 400,
    cost,
    estimated: false,
  };
  const value = {
    started_at: startedAt,
    exchange: { id: `req_${seq}`, node: 'n', seq, outcome: 'completed' },
    ai: { meta: { request_model: model, request_mode: 'stream' }, usage },
    filler,
  };
  return `${JSON.stringify(value)}\n`;
}

const file = (name: string): string => join(folder.path, name);

describe('tidegate usage', () => {
  it('sums up a log with its rotated and compressed parts', async () => {
    await writeFile(file('log.json.2.gz'), gzipSync(record(1) + record(2)));
    await writeFile(
      file('log.json.1'),
      record(3, { model: 'gpt-5', cost: 3 }) + record(4, { model: 'local', cost: null }),
    );
    await writeFile(file('log.json'), `${record(4, { model: 'local', cost: null })}${record(5).slice(0, 40)}\n`);
    const { code, stdout, stderr } = await tidegate(['usage', file('log.json')], { env: { TZ: 'UTC' } });
    expect(stdout).toBe(`\
4 exchanges, 2026-11-28 12:00 to 2026-11-28 12:00

model       exchanges  errors  input  cached  cache  output       cost  ttft p50     p95
gpt-5               1      0%  1.00k     250    25%     100      $3.00    400 ms  400 ms
gpt-5-mini          2      0%  2.00k     500    25%     200      $1.00    400 ms  400 ms
local               1      0%  1.00k     250    25%     100    unknown    400 ms  400 ms
────────────────────────────────────────────────────────────────────────────────────────
total               4      0%  4.00k   1.00k    25%     400  $4.00 + ?    400 ms  400 ms

1 with tokens and no known price: input_cost and output_cost of ai-proxy set one.
`);
    expect(lines(stderr)).toEqual([
      `tidegate usage: 1 torn line left out (no JSON, as half a line that a crash has left): ${file('log.json')}:2`,
      'tidegate usage: 1 repeated record counted once',
    ]);
    expect(code).toBe(0);
  });

  it('groups, bounds, and writes JSON and CSV', async () => {
    const day = 86_400_000;
    await writeFile(
      file('log.json'),
      [
        record(1, { startedAt: STARTED - day }),
        record(2, { model: '=cmd|x' }),
        record(3, { model: 'a"b,\u001b[2J', cost: null }),
        record(4, { startedAt: STARTED + day }),
      ].join(''),
    );
    const common = ['usage', file('log.json'), '--since', '2026-11-28', '--until', '2026-11-29', '--by', 'day,model'];
    const json = await tidegate([...common, '--json'], { env: { TZ: 'UTC' } });
    expect(JSON.parse(json.stdout)).toMatchObject({
      by: ['day', 'model'],
      groups: [
        { day: '2026-11-28', model: '=cmd|x', exchanges: 1, cost_usd: 0.5 },
        { day: '2026-11-28', model: 'a"b,\u001b[2J', exchanges: 1, cost_usd: null, unpriced_exchanges: 1 },
      ],
      total: {
        exchanges: 2,
        input_tokens: 2000,
        cached_tokens: 500,
        output_tokens: 200,
        cost_usd: 0.5,
        cache_share: 0.25,
      },
      torn_lines: 0,
    });
    const csv = await tidegate([...common, '--csv'], { env: { TZ: 'UTC' } });
    expect(csv.stdout).toBe(
      'day,model,exchanges,errors,client_aborted,input_tokens,cached_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd,' +
        'unpriced_exchanges,estimated_exchanges,cache_share,time_to_first_token_p50_ms,time_to_first_token_p95_ms\r\n' +
        `2026-11-28,'=cmd|x,1,0,0,1000,250,0,100,0,0.5,0,0,0.25,400,400\r\n` +
        `2026-11-28,"a""b,\ufffd[2J",1,0,0,1000,250,0,100,0,,1,0,0.25,400,400\r\n`,
    );
  });

  it('reads the log that the declarative file names, and tells what the exchanges cost', async () => {
    const stage = await Stage.open();
    try {
      for (let sent = 0; sent < 2; sent += 1) {
        await post(`${stage.gateway.proxy}/anything/v1/messages`, question(), CLAUDE_CODE);
      }
      const records = await stage.records(2);
      const env = { TIDEGATE_CONFIG: join(stage.gateway.directory, 'tidegate.yaml') };
      const { stdout } = await tidegate(['usage', '--by', 'client,model', '--json'], { env });
      const cost = records.reduce((sum, { ai }) => sum + (ai?.usage.cost ?? Number.NaN), 0);
      const { groups, total } = JSON.parse(stdout) as { groups: unknown[]; total: { cost_usd: number } };
      expect(groups).toMatchObject([{ client: 'claude-cli 2.0.37', model: 'gpt-5-mini', exchanges: 2 }]);
      expect(total.cost_usd).toBeCloseTo(cost, 12);
      expect(stage.openai.bill.total).toMatchObject({
        replies: 2,
        promptTokens: (total as Record<string, unknown>)['input_tokens'],
      });
    } finally {
      await stage.close();
    }
  });

  it('reads standard input', async () => {
    const child = spawn(process.execPath, [MAIN, 'usage', '-', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(gzipSync(record(1) + record(2)));
    let output = '';
    for await (const text of child.stdout.setEncoding('utf8')) output += String(text);
    expect(JSON.parse(output)).toMatchObject({ total: { exchanges: 2 } });
  });

  it.each([
    [['--by', 'colour'], /--by "colour": expected one of day/],
    [['--since', 'yesterday'], /--since "yesterday"/],
    [['--colour'], /--colour/],
    [['/nope.json'], /\/nope\.json: no such file/],
    [[], /name a log file: no\.yaml does not tell/],
  ])('says what is wrong with %j and ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await tidegate(['usage', ...args], { env: { TIDEGATE_CONFIG: 'no.yaml' } });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/See tidegate usage --help\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('tells what it can do', async () => {
    const { code, stdout } = await tidegate(['usage', '--help']);
    for (const option of ['--by', '--since', '--until', '--top', '--json', '--csv']) expect(stdout).toContain(option);
    expect(code).toBe(0);
  });

  it('reads hundreds of megabytes in flat memory', async () => {
    const size = 300_000_000;
    await bigLog(file('big.json'), size);
    const { code, stdout, stderr } = await measured(['usage', file('big.json'), '--json', '--by', 'hour']);
    expect([code, (JSON.parse(stdout) as { torn_lines: number }).torn_lines]).toEqual([0, 0]);
    const [, kibibytes] = /maxRSS (\d+)/.exec(stderr) ?? [];
    expect(Number(kibibytes) * 1024).toBeLessThan(0.8 * size);
  });
});

/** Records of a few kilobytes, some of megabytes, of which no two are alike. */
async function bigLog(path: string, size: number): Promise<void> {
  const stream = createWriteStream(path);
  const small = 'x'.repeat(3000);
  const large = 'y'.repeat(4_000_000);
  for (let seq = 1, written = 0; written < size;) {
    let block = '';
    for (let count = 0; count < 300; count += 1, seq += 1) {
      block += record(seq, { filler: seq % 10_000 === 0 ? large : small, startedAt: STARTED + seq * 60_000 });
    }
    written += block.length;
    if (!stream.write(block)) await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => stream.end(() => resolve()));
}

/** Runs the command and tells its memory at the most, in KiB, on standard error. */
function measured(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `process.on('exit', () => process.stderr.write('maxRSS ' + process.resourceUsage().maxRSS));
    process.argv.splice(1, 0, ${JSON.stringify(MAIN)});
    await import(${JSON.stringify(MAIN)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

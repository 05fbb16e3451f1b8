import { mkdtempSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedOpenAI } from '../../../simulated-openai/src/index.js';
import { readEnvironment } from '../environment.js';
import { Gateway } from '../gateway.js';
import { makeProcessLog } from '../process-log.js';
import { isOperatorsError, obeySignals, sayReady } from './start.js';

const QUESTION = "Tell me about Procopius' Secret History.";

/** `tidegate demo`: the gateway in front of a simulated OpenAI, one exchange to look at, and it goes on running. */
export async function demo(env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-demo-'));
  const log = join(folder, 'claude.json');
  const config = join(folder, 'tidegate.yaml');
  const openai = await SimulatedOpenAI.start({ apiKey: 'sk-demo', record: false });
  try {
    writeFileSync(config, declarativeFile(openai.url, log));
    const environment = readEnvironment({ TIDEGATE_DATA_DIR: join(folder, 'data'), ...env, TIDEGATE_CONFIG: config });
    const gateway = await Gateway.start(environment, env, makeProcessLog(environment.logLevel));
    obeySignals(gateway, () => openai.close());
    const { proxy, status } = gateway.addresses;
    sayReady(gateway);

    print(`\nThe gateway runs on ${proxy}, in front of a simulated OpenAI on ${openai.url}.`);
    print(`\n> ${QUESTION}\n`);
    await ask(proxy, (text) => process.stdout.write(text));
    const line = await firstLine(log);
    print(`\n\nIts record, one line of ${log}:\n\n${line}\n\nThereof .ai.usage:\n`);
    const { ai } = JSON.parse(line) as { ai: { usage: unknown } };
    print(JSON.stringify(ai.usage, null, 2));
    print(`
Point Claude Code at it:

  ANTHROPIC_BASE_URL=${proxy}/anything ANTHROPIC_MODEL=gpt-5-mini ANTHROPIC_AUTH_TOKEN=x claude

Watch the log:   tail -f ${log} | jq .ai.usage
See the metrics: ${status}/metrics
Stop with Ctrl-C.`);
    return undefined;
  } catch (error) {
    await openai.close();
    if (!isOperatorsError(error)) throw error;
    process.stderr.write(`tidegate: cannot start:\n${error.message}\n`);
    return 1;
  }
}

function declarativeFile(openai: string, log: string): string {
  return `_format_version: "3.0"
services:
  - name: example-service
    url: http://httpbin.konghq.com/anything
routes:
  - name: example-route
    service: { name: example-service }
    paths: [/anything]
plugins:
  - name: ai-proxy
    config:
      llm_format: anthropic
      route_type: llm/v1/chat
      auth: { header_name: Authorization, header_value: Bearer sk-demo, allow_override: false }
      model:
        provider: openai
        name: gpt-5-mini
        options: { upstream_url: "${openai}/v1/chat/completions" }
  - name: file-log
    config: { path: ${JSON.stringify(log)} }
  - name: prometheus
    config: { status_code_metrics: true, latency_metrics: true, ai_metrics: true }
`;
}

/** One streamed Messages request; `show` gets each piece of the answer’s text. */
function ask(proxy: string, show: (text: string) => void): Promise<void> {
  const body = JSON.stringify({
    model: 'gpt-5-mini',
    max_tokens: 4096,
    stream: true,
    messages: [{ role: 'user', content: QUESTION }],
  });
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'x' };
  return new Promise((resolve, reject) => {
    const sent = request(`${proxy}/anything/v1/messages`, { method: 'POST', headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) show(textOf(line));
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
      response.on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

function textOf(line: string): string {
  if (!line.startsWith('data: ')) return '';
  const { delta } = JSON.parse(line.slice('data: '.length)) as { delta?: { text?: string } };
  return delta?.text ?? '';
}

/** The first line of a file that is about to be written. */
async function firstLine(file: string): Promise<string> {
  for await (const _ of changes(file)) {
    const text = readFileSync(file, 'utf8');
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error(`${file} was not written`);
}

async function* changes(file: string): AsyncGenerator<void> {
  const watcher = watch(join(file, '..'));
  try {
    for (;;) {
      try {
        readFileSync(file);
        yield;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      await new Promise((resolve) => watcher.once('change', resolve));
    }
  } finally {
    watcher.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

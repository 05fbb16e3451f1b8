/**
 * `npm run test:deploy`: docker-compose.yml by Compose's own reader, and the image by its own steps, without a Docker engine; the
 * gateway of the image then runs with the declarative file of deploy/ and answers the demo's traffic. Ends with `N passed, N failed`.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../tools/setup.mjs';
import { whatIsMissing } from '../kafka/broker/jars.mjs';
import { build, buildContext } from './image.mjs';
import { consume, startKafka } from './kafka.mjs';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidegate-deploy-')));
const running = [];
const counts = { passed: 0, failed: 0, skipped: 0 };

async function step(name, body) {
  try {
    await body();
    counts.passed += 1;
    console.log(`✓ ${name}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`✗ ${name}\n${error.stack}\n${error.stderr ?? ''}`);
  }
}

/** `docker compose config`, or the reader of Docker Compose as a program of its own, built by Go. Undefined where there is neither. */
function composeReader() {
  if (spawnSync('docker', ['compose', 'version']).status === 0) {
    return (profiles) => [
      'docker',
      ['compose', ...profiles.flatMap((name) => ['--profile', name]), 'config', '--format', 'json'],
    ];
  }
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  const program = join(ROOT, '.cache/compose-config');
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(ROOT, 'test/deploy/compose-config'),
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`compose-config cannot be built: ${built.stderr}`);
  return (profiles) => [program, [join(ROOT, 'docker-compose.yml'), ...profiles]];
}

const reader = composeReader();
if (reader) {
  await step('Compose reads docker-compose.yml, with and without the demo, and without OPENAI_API_KEY', () => {
    assert.deepEqual(servicesOf([]), ['gateway', 'grafana', 'jaeger', 'kafka', 'otel-collector', 'prometheus']);
    assert.equal(servicesOf(['demo']).length, 8);
  });
} else {
  counts.skipped += 1;
  console.log('SKIPPED: Compose reads docker-compose.yml, because there is neither `docker compose` nor Go');
}

let image;
await step('the Dockerfile’s steps, in order, in a clean folder', () => {
  const context = join(folder, 'context');
  buildContext(ROOT, context);
  image = build(join(ROOT, 'Dockerfile'), context, join(folder, 'stages'));
  assert.ok(existsSync(join(image.root, 'app/dist/apps/gateway/src/main.js')));
  assert.ok(
    !existsSync(join(image.root, 'app/node_modules/typescript')),
    'what only a build needs is not in the image',
  );
});

let kafka;
const noKafka = whatIsMissing();
if (noKafka === undefined) {
  await step('Kafka starts with the configuration of deploy/', async () => {
    const { CLUSTER_ID } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }).services.kafka
      .environment;
    kafka = await startKafka(join(folder, 'kafka'), CLUSTER_ID);
    running.push(kafka.child);
  });
} else {
  counts.skipped += 1;
  console.log(`SKIPPED: Kafka starts with the configuration of deploy/, because ${noKafka}`);
}

let simulation;
let gateway;
await step('the image’s gateway starts with the declarative file of deploy/, without OPENAI_API_KEY', async () => {
  simulation = await start(['dist/apps/simulated-openai/src/main.js'], {
    HOST: '127.0.0.1',
    PORT: '0',
    API_KEY: 'sk-demo',
  });
  mkdirSync(join(folder, 'logs'));
  const config = join(folder, 'tidegate.yaml');
  writeFileSync(config, stringify(withTargets(parse(readFileSync(join(ROOT, 'deploy/tidegate.yaml'), 'utf8')))));
  gateway = await start(image.command.slice(1), {
    ...image.env,
    TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
    TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
    TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
    TIDEGATE_CONFIG: config,
    TIDEGATE_DATA_DIR: join(image.root, image.env.TIDEGATE_DATA_DIR),
    // The collector is not there to be waited for.
    TIDEGATE_DRAIN_SECONDS: '2',
    OPENAI_API_KEY: '',
  });
});

await step('the image’s health check passes', () => {
  const [program, ...args] = image.healthcheck;
  const mapped = args.map((argument) => argument.replace('http://127.0.0.1:8100', gateway.ready.status));
  assert.equal(spawnSync(program, mapped).status, 0);
  assert.equal(
    spawnSync(
      program,
      args.map((argument) => argument.replace('127.0.0.1:8100', '127.0.0.1:1')),
    ).status,
    1,
  );
});

await step('a route without a key says so in the client’s format', async () => {
  const answer = await fetch(`${gateway.ready.proxy}/anything/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const { type, error } = await answer.json();
  assert.equal(type, 'error');
  assert.match(error.message, /OPENAI_API_KEY/);
});

await step('the demo’s traffic goes through and is counted', async () => {
  const traffic = spawn(process.execPath, [join(ROOT, 'deploy/demo/traffic.mjs')], {
    env: { PATH: process.env.PATH, GATEWAY: `${gateway.ready.proxy}/demo`, COUNT: '40', PAUSE_MS: '1' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(traffic, 'close');
  assert.equal(code, 0);
  let page = '';
  const sum = (family) =>
    [...page.matchAll(new RegExp(`^${family} (\\S+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
  const ended = () => sum('tidegate_exchanges_total\\{route="demo-route",outcome="\\w+"\\}');
  // The gateway ends a little later what a client has left.
  for (const deadline = Date.now() + 30_000; ended() < 40 && Date.now() < deadline;) {
    page = await (await fetch(`${gateway.ready.status}/metrics`)).text();
  }
  assert.equal(ended(), 40);
  assert.ok(sum('tidegate_exchanges_total\\{route="demo-route",outcome="completed"\\}') > 25);
  for (const type of ['input', 'cached', 'output', 'reasoning']) {
    assert.ok(sum(`tidegate_tokens_total\\{.*route="demo-route".*type="${type}"\\}`) > 0, `${type} tokens`);
  }
  assert.ok(sum('tidegate_cost_usd_total\\{.*\\}') > 0);
  assert.ok(sum('tidegate_tool_calls_total\\{.*\\}') > 0);
});

if (kafka) {
  await step('every record comes to the topic', async () => {
    // Forty of the demo, and the one without a key.
    const records = await consume(kafka.port, 'tidegate', 41);
    assert.equal(new Set(records.map(({ exchange }) => exchange.id)).size, 41);
    assert.ok(records.some(({ ai }) => ai?.usage.prompt_tokens > 0));
  });
}

await step('everything ends when it is asked to', async () => {
  for (const child of [gateway.child, simulation.child]) {
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
  }
});

for (const child of running) child.kill('SIGKILL');
rmSync(folder, { recursive: true, force: true });
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exit(counts.failed > 0 ? 1 : 0);

function servicesOf(profiles) {
  const env = { ...process.env };
  delete env.OPENAI_API_KEY;
  const [program, args] = reader(profiles);
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '', 'no warning');
  return Object.keys(JSON.parse(stdout).services).sort();
}

/** Starts a program of the image. Resolves with its ready line. */
async function start(args, env) {
  const child = spawn(process.execPath, args, {
    cwd: join(image.root, image.workdir),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const log = [];
  child.stderr.on('data', (data) => log.push(data));
  const ready = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'close').then(() =>
      Promise.reject(new Error(`ended before it was ready: ${Buffer.concat(log).toString()}`)),
    ),
  ]);
  return { child, ready: JSON.parse(ready[0]) };
}

/** The same file with addresses and paths of this machine. */
function withTargets(config) {
  const text = JSON.stringify(config)
    .replaceAll('http://simulated-openai:9000', simulation.ready.url)
    // Nobody is there: what cannot be delivered delays nothing.
    .replaceAll('http://otel-collector:4318', 'http://127.0.0.1:1')
    .replaceAll('{"host":"kafka","port":9092}', `{"host":"127.0.0.1","port":${kafka?.port ?? 1}}`)
    .replaceAll('"/tmp/', `"${join(folder, 'logs')}/`);
  return JSON.parse(text);
}

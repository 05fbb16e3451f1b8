import { expect } from '@jest/globals';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogRecord } from '#libs/plugin-api';
import { SimulatedOpenAI } from '../../../apps/simulated-openai/src/index.js';
import { runClaude, type ClientCall, type ClientResult, type ClientRun } from './claude.js';
import { declarativeFile, UPSTREAM_KEY } from './declarative.js';
import { startGateway, type Gateway } from './gateway.js';
import { installClaudeCode, type ClientProgram, type ClientVersion } from './install.js';
import { checkAccounts } from './accounts.js';
import { Outside } from './outside.js';
import type { Outcome, Scenario, Scene } from './scenario.js';
import { Script, text, type ChatRequest } from './script.js';
import { Tap } from './tap.js';
import { until } from './until.js';
import { Workspace } from './workspace.js';

/** Where the client reports home; refused like the rest of the world, and it must live with that. */
/** Of a client that was interrupted. */
const NO_RESULT: ClientResult = {
  type: 'result',
  subtype: 'interrupted',
  is_error: true,
  session_id: '',
  num_turns: 0,
  usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
};

const ALLOW_TOOLS = ['--allowedTools', 'Bash,Read,Write,Edit,NotebookEdit,WebFetch,WebSearch,Task,Agent'];

const OWN_HOSTS = ['api.anthropic.com:443'];

/** One version of the client with all it talks to: tap, gateway, simulated upstream, and the world outside. */
export class Stage {
  private constructor(
    readonly program: ClientProgram,
    private readonly folder: string,
    private readonly openai: SimulatedOpenAI,
    private readonly outside: Outside,
    private readonly gateway: Gateway,
    private readonly tap: Tap,
  ) {}

  static async open(version: ClientVersion): Promise<Stage> {
    const program = await installClaudeCode(version);
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-stage-')));
    const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
    const outside = new Outside();
    await outside.start();
    await writeFile(join(folder, 'outside.pem'), outside.certificate);
    await writeFile(join(folder, 'tidegate.yaml'), declarativeFile(openai.url, join(folder, 'claude.json')));
    const gateway = await startGateway({ folder, configFile: join(folder, 'tidegate.yaml') });
    const { hostname: host, port } = new URL(gateway.proxy);
    const tap = new Tap({ host, port: Number(port) });
    await tap.start();
    return new Stage(program, folder, openai, outside, gateway, tap);
  }

  async close(): Promise<void> {
    await this.tap.stop();
    await this.gateway.stop();
    await Promise.all([this.openai.close(), this.outside.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Plays a scenario. @throws with the reason, and the place of a full transcript, when it does not end as it must. */
  async perform(scenario: Scenario): Promise<void> {
    const { version } = this.program;
    const workspace = await Workspace.create(scenario.settings);
    const runs: ClientRun[] = [];
    this.tap.clear();
    this.openai.reset();
    this.outside.asked.length = 0;
    this.outside.pages.clear();
    for (const [path, html] of Object.entries(scenario.pages ?? {})) this.outside.pages.set(path, html);
    for (const [name, content] of Object.entries(scenario.files ?? {})) await workspace.write(name, content);
    const firstRecord = this.#records().length;
    const prompt = scenario.prompt ?? `Scenario: ${scenario.name}.`;
    const scene: Scene = {
      version,
      workspace,
      prompt,
      path: (name) => workspace.path(name),
      claude: async (call) => {
        const run = await this.#claude(workspace, scenario, call);
        runs.push(run);
        return run;
      },
      reload: (change) => this.#reload(change),
    };
    const turns = typeof scenario.model === 'function' ? scenario.model(scene) : scenario.model;
    const script = new Script([...(scenario.others ?? []), { marker: prompt, turns }], scenario.side ?? text('ok'));
    this.openai.respond(script.rule);
    try {
      if (scenario.play) await scenario.play(scene);
      else {
        const call = typeof scenario.call === 'function' ? scenario.call(scene) : scenario.call;
        await scene.claude({ prompt, flags: ALLOW_TOOLS, ...call });
      }
      const records = await this.#recordsOf(firstRecord, this.tap.requests.length);
      if (script.fault !== undefined) throw script.fault;
      const run = runs.at(-1);
      if (run === undefined) throw new Error('the scenario did not start the client');
      const exitCode =
        typeof scenario.exitCode !== 'object' ? (scenario.exitCode ?? 0) : (scenario.exitCode[version] ?? 0);
      for (const each of runs) {
        if (each.timedOut) throw new Error(`the client hung and was ended after ${each.milliseconds} ms`);
        if (exitCode !== 'any' && (each.exitCode !== exitCode || each.result === undefined)) {
          throw new Error(
            `exit code ${each.exitCode}, result ${JSON.stringify(each.result)}, stderr: ${each.stderr.slice(0, 2000)}`,
          );
        }
      }
      const upstream = this.openai.requests.map(({ body }) => body as ChatRequest);
      const outcome: Outcome = {
        version,
        workspace,
        runs,
        run,
        result: run.result ?? NO_RESULT,
        transcript: this.tap.transcript,
        client: [...this.tap.requests],
        upstream,
        main: upstream.filter((request) => script.of(request)?.marker === prompt),
        records,
      };
      await scenario.check(outcome);
      checkAccounts(outcome, scenario, this.openai.bill.total);
      expect({ rejected: this.openai.rejected.map(({ rejection }) => rejection?.body) }).toEqual({ rejected: [] });
      const abroad = this.outside.asked.filter((host) => ![...OWN_HOSTS, ...(scenario.outside ?? [])].includes(host));
      expect({ hostsAskedOutside: abroad }).toEqual({ hostsAskedOutside: [] });
    } catch (error) {
      const place = await this.#keep(scenario, workspace, runs, firstRecord);
      if (error instanceof Error) error.message += `\ntranscript: ${place}`;
      throw error;
    } finally {
      await workspace.remove();
    }
  }

  #claude(workspace: Workspace, scenario: Scenario, call: ClientCall): Promise<ClientRun> {
    const surroundings = {
      baseUrl: `${this.tap.url}/${scenario.route ?? 'anything'}`,
      proxyUrl: this.outside.url,
      certificateFile: join(this.folder, 'outside.pem'),
    };
    return runClaude(this.program, workspace, surroundings, call);
  }

  #records(): LogRecord[] {
    const file = join(this.folder, 'claude.json');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogRecord);
  }

  /** Delivery runs behind the traffic: waits for the records of `count` exchanges, and takes what is there if they do not come. */
  #recordsOf(first: number, count: number): Promise<LogRecord[]> {
    const all = () => this.#records().slice(first);
    return until(() => (all().length >= count ? all() : undefined), 5000).catch(all);
  }

  async #reload(change: (yaml: string) => string): Promise<void> {
    const file = join(this.folder, 'tidegate.yaml');
    await writeFile(file, change(await readFile(file, 'utf8')));
    await delay(500);
  }

  async #keep(
    scenario: Scenario,
    workspace: Workspace,
    runs: readonly ClientRun[],
    firstRecord: number,
  ): Promise<string> {
    const folder = join(process.cwd(), '.cache', 'claude-code', 'failed', this.program.version);
    await mkdir(folder, { recursive: true });
    const place = join(folder, `${scenario.name.replace(/[^a-z0-9]+/gi, '-')}.txt`);
    const secret = new RegExp(UPSTREAM_KEY, 'g');
    const parts = [
      ...runs.map(
        (run, index) =>
          `=== client ${index + 1}: exit ${run.exitCode}, ${run.milliseconds} ms\n${run.stdout}\n${run.stderr}`,
      ),
      `=== client and gateway${this.tap.transcript}`,
      `=== upstream\n${this.openai.requests.map(({ body, reply, rejection }) => JSON.stringify({ body, reply, rejection: rejection?.body })).join('\n')}`,
      `=== records\n${this.#records()
        .slice(firstRecord)
        .map((record) => JSON.stringify(record))
        .join('\n')}`,
      `=== outside\n${this.outside.asked.join('\n')}`,
      `=== project ${workspace.project}`,
    ];
    await writeFile(place, parts.join('\n\n').replace(secret, '***'));
    return place;
  }
}

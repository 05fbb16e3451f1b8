import { expect } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '#libs/plugin-api';
import { SimulatedOpenAI } from '../../../apps/simulated-openai/src/index.js';
import { eventually, get, jsonLines, startGateway, type Gateway } from '../../support/index.js';
import { checkAccounts } from './accounts.js';
import { runClaude, type ClientCall, type ClientResult, type ClientRun } from './claude.js';
import { declarativeFile, UPSTREAM_KEY } from './declarative.js';
import { chatView } from './items.js';
import { clientProgram, type ClientProgram, type ClientVersion } from './program.js';
import { Outside } from './outside.js';
import type { Outcome, Scenario, Scene } from './scenario.js';
import { Script, text, type ChatRequest } from './script.js';
import { Tap } from './tap.js';
import { keepTranscript } from './transcript.js';
import { Workspace } from './workspace.js';

/** Where the client reports home; refused like the rest of the world, and it must live with that. */
const OWN_HOSTS = ['api.anthropic.com:443'];

const ALLOW_TOOLS = ['--allowedTools', 'Bash,Read,Write,Edit,NotebookEdit,WebFetch,WebSearch,Task,Agent'];

/** One version of the client with all it talks to: tap, gateway, simulated upstream, and the world outside. */
export class Stage {
  private constructor(
    readonly program: ClientProgram,
    private readonly openai: SimulatedOpenAI,
    private readonly outside: Outside,
    private readonly gateway: Gateway,
    private readonly tap: Tap,
  ) {}

  static async open(version: ClientVersion): Promise<Stage> {
    const program = await clientProgram(version);
    const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
    const gateway = await startGateway({
      config: (directory) => declarativeFile(openai.url, join(directory, LOG)),
    });
    const { hostname: host, port } = new URL(gateway.proxy);
    const tap = await Tap.start({ host, port: Number(port) });
    const outside = await Outside.start();
    await writeFile(gateway.path(CERTIFICATE), outside.certificate);
    return new Stage(program, openai, outside, gateway, tap);
  }

  async close(): Promise<void> {
    await this.tap.stop();
    await this.gateway.stop();
    await Promise.all([this.openai.close(), this.outside.stop()]);
  }

  /** Plays a scenario. @throws with the reason, and the place of a full transcript, when it does not end as it must. */
  async perform(scenario: Scenario): Promise<void> {
    const workspace = await Workspace.create(scenario.settings);
    const runs: ClientRun[] = [];
    const earlier = (await this.records(0)).length;
    this.clear(scenario);
    try {
      for (const [name, content] of Object.entries(scenario.files ?? {})) await workspace.write(name, content);
      const scene = this.scene(scenario, workspace, runs);
      const turns = typeof scenario.model === 'function' ? scenario.model(scene) : scenario.model;
      const main = { marker: scene.prompt, turns };
      const script = new Script([...(scenario.others ?? []), main], scenario.side ?? text('ok'));
      this.openai.respond(script.rule);
      await play(scenario, scene);
      const records = (await this.records(earlier + this.tap.requests.length)).slice(earlier);
      if (script.fault !== undefined) throw script.fault;
      for (const run of runs) checkEnd(run, scenario, this.program.version);
      const outcome = this.outcome(workspace, runs, records, (request) => script.of(request) === main);
      await scenario.check(outcome);
      checkAccounts(outcome, scenario, this.openai.bill.total);
      this.checkStrangers(scenario);
    } catch (error) {
      const records = (await this.records(0)).slice(earlier);
      const place = await keepTranscript(this.program.version, scenario.name, {
        runs,
        records,
        exchanges: this.tap.transcript,
        upstream: this.openai.requests,
        asked: this.outside.asked,
      });
      throw withPlace(error, place);
    } finally {
      await workspace.remove();
    }
  }

  private clear(scenario: Scenario): void {
    this.tap.clear();
    this.openai.reset();
    this.outside.clear(scenario.pages ?? {});
  }

  private scene(scenario: Scenario, workspace: Workspace, runs: ClientRun[]): Scene {
    const surroundings = {
      baseUrl: `${this.tap.url}/${scenario.route ?? 'anything'}`,
      proxyUrl: this.outside.url,
      certificateFile: this.gateway.path(CERTIFICATE),
    };
    return {
      version: this.program.version,
      workspace,
      prompt: scenario.prompt ?? `Scenario: ${scenario.name}.`,
      path: (name) => workspace.path(name),
      claude: async (call) => {
        const run = await runClaude(this.program, workspace, surroundings, call);
        runs.push(run);
        return run;
      },
      serveModel: (model) => this.reload(model),
    };
  }

  private outcome(
    workspace: Workspace,
    runs: readonly ClientRun[],
    records: readonly LogRecord[],
    isMain: (request: ChatRequest) => boolean,
  ): Outcome {
    const run = runs.at(-1);
    if (run === undefined) throw new Error('the scenario did not start the client');
    const upstream = this.openai.requests.map(({ body }) => chatView(body));
    return {
      version: this.program.version,
      workspace,
      runs,
      run,
      result: run.result ?? NO_RESULT,
      client: [...this.tap.requests],
      transcript: this.tap.transcript,
      upstream,
      main: upstream.filter(isMain),
      records,
    };
  }

  /** The upstream refused nothing by its own rules, and the client asked for nobody but the gateway. */
  private checkStrangers({ outside = [] }: Scenario): void {
    expect({ refused: this.openai.rejected.map(({ rejection }) => rejection?.body) }).toEqual({ refused: [] });
    const strangers = this.outside.asked.filter((host) => ![...OWN_HOSTS, ...outside].includes(host));
    expect({ strangers }).toEqual({ strangers: [] });
  }

  /** Delivery runs behind the traffic: waits for `count` records, and takes what is there if they do not come. */
  private records(count: number): Promise<LogRecord[]> {
    const path = this.gateway.path(LOG);
    return jsonLines<LogRecord>(path, count).catch(() => jsonLines<LogRecord>(path, 0));
  }

  private async reload(model: string): Promise<void> {
    const before = await this.configurationHash();
    await this.gateway.writeConfig(declarativeFile(this.openai.url, this.gateway.path(LOG), model));
    await eventually(async () => (await this.configurationHash()) !== before, { what: 'the configuration stays' });
  }

  private async configurationHash(): Promise<unknown> {
    const answer = await get(`${this.gateway.status}/status`);
    return (answer.json() as { configuration_hash: unknown }).configuration_hash;
  }
}

const LOG = 'claude.json';
const CERTIFICATE = 'outside.pem';

/** Of a client that was interrupted. */
const NO_RESULT: ClientResult = {
  type: 'result',
  subtype: 'interrupted',
  is_error: true,
  session_id: '',
  num_turns: 0,
  usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
};

async function play(scenario: Scenario, scene: Scene): Promise<void> {
  if (scenario.play) return scenario.play(scene);
  const call: ClientCall = typeof scenario.call === 'function' ? scenario.call(scene) : (scenario.call ?? {});
  await scene.claude({ prompt: scene.prompt, flags: ALLOW_TOOLS, ...call });
}

function checkEnd(run: ClientRun, { exitCode = 0 }: Scenario, version: ClientVersion): void {
  if (run.timedOut) throw new Error(`the client hung and was ended after ${run.milliseconds} ms`);
  if (exitCode === 'any') return;
  const expected = typeof exitCode === 'number' ? exitCode : (exitCode[version] ?? 0);
  if (run.exitCode === expected && run.result !== undefined) return;
  const said = run.result === undefined ? 'no result' : JSON.stringify(run.result.result);
  throw new Error(`the client ended with ${run.exitCode}, expected ${expected}: ${said} ${run.stderr.slice(0, 2000)}`);
}

function withPlace(error: unknown, place: string): unknown {
  if (error instanceof Error) error.message += `\ntranscript: ${place}`;
  return error;
}

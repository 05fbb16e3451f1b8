import type { LogRecord } from '#libs/plugin-api';
import type { ClientCall, ClientResult, ClientRun } from './claude.js';
import type { RouteName } from './declarative.js';
import type { ClientVersion } from './program.js';
import type { ChatRequest, Conversation, ReplyScript, Turn } from './script.js';
import type { ClientRequest } from './tap.js';
import type { Workspace } from './workspace.js';

/** One thing a user does with the client, and what must come of it. */
export interface Scenario {
  readonly name: string;
  /** Default: all. */
  readonly versions?: readonly ClientVersion[];
  /** Says also which requests belong to the main conversation. Default: made of the name. */
  readonly prompt?: string;
  readonly call?: ClientCall | ((stage: Scene) => ClientCall);
  /** Files of the project. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Added to the client's settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Default: `anything`, as in the how-to. */
  readonly route?: RouteName;
  /** Pages of https://pages.test. */
  readonly pages?: Readonly<Record<string, string>>;
  /** What the model says in the main conversation. */
  readonly model: readonly Turn[] | ((scene: Scene) => readonly Turn[]);
  /** What it says elsewhere, in sub-agents for example. */
  readonly others?: readonly Conversation[];
  /** What it says to everything else. */
  readonly side?: ReplyScript;
  /** In place of one call of the client. */
  readonly play?: (scene: Scene) => Promise<void>;
  /** The exit code of every call, default 0. */
  readonly exitCode?: number | 'any' | Readonly<Partial<Record<ClientVersion, number>>>;
  /** Outcomes that exchanges of the main conversation may have besides `completed`. */
  readonly outcomes?: readonly LogRecord['exchange']['outcome'][];
  /** Hosts outside that the client may ask for, `host:port`. */
  readonly outside?: readonly string[];
  readonly check: (outcome: Outcome) => void | Promise<void>;
}

/** What a scenario may use while it plays. */
export interface Scene {
  readonly version: ClientVersion;
  readonly workspace: Workspace;
  readonly prompt: string;
  /** Absolute path of a file of the project. */
  readonly path: (name: string) => string;
  readonly claude: (call: ClientCall) => Promise<ClientRun>;
  /** Rewrites the gateway's declarative file, with this model behind `/anything`, and waits until it holds. */
  readonly serveModel: (model: string) => Promise<void>;
}

/** What is left to look at afterwards. */
export interface Outcome {
  readonly version: ClientVersion;
  readonly workspace: Workspace;
  readonly runs: readonly ClientRun[];
  /** The last run. */
  readonly run: ClientRun;
  readonly result: ClientResult;
  /** What the client sent to the gateway. */
  readonly client: readonly ClientRequest[];
  /** What reached the upstream. */
  readonly upstream: readonly ChatRequest[];
  /** Those of the main conversation. */
  readonly main: readonly ChatRequest[];
  /** All bytes between client and gateway. */
  readonly transcript: string;
  readonly records: readonly LogRecord[];
}

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { ClientProgram } from './program.js';
import type { Workspace } from './workspace.js';

export interface ClientCall {
  /** Flags after `-p --output-format stream-json --verbose`. */
  readonly flags?: readonly string[];
  /** The prompt; `undefined`: it comes on standard input. */
  readonly prompt?: string | undefined;
  readonly stdin?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** SIGINT as soon as such an event has been told. */
  readonly interruptOn?: (event: ClientEvent) => boolean;
  /** Milliseconds until the client is killed; default 60000. */
  readonly timeLimit?: number;
}

/** The last line of `--output-format stream-json`. */
export interface ClientResult {
  readonly type: 'result';
  readonly subtype: string;
  readonly is_error: boolean;
  readonly result?: string | null;
  readonly session_id: string;
  readonly num_turns: number;
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cache_read_input_tokens: number;
    readonly cache_creation_input_tokens: number;
  };
  readonly structured_output?: unknown;
  readonly permission_denials?: readonly unknown[];
}

export interface ContentBlock {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly name?: string;
  readonly id?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly is_error?: boolean;
  readonly content?: unknown;
}

export interface ClientEvent {
  readonly type: string;
  readonly subtype?: string;
  readonly message?: {
    readonly role: string;
    readonly model?: string;
    readonly content: string | readonly ContentBlock[];
  };
  readonly parent_tool_use_id?: string | null;
  readonly [field: string]: unknown;
}

export interface ClientRun {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly milliseconds: number;
  readonly events: readonly ClientEvent[];
  readonly result: ClientResult | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the client finds the gateway, and which proxy stands before everything else. */
export interface Surroundings {
  readonly baseUrl: string;
  readonly proxyUrl: string;
  /** PEM file with the certificate of the proxy's own pages. */
  readonly certificateFile: string;
}

/** Runs the client headless in `workspace`, with an environment that holds nothing of the caller's. */
export function runClaude(
  program: ClientProgram,
  workspace: Workspace,
  surroundings: Surroundings,
  call: ClientCall,
): Promise<ClientRun> {
  const { flags = [], prompt, stdin, env = {}, interruptOn, timeLimit = 60_000 } = call;
  const args = [...program.args, '-p', '--output-format', 'stream-json', '--verbose'];
  args.push(...flags, ...(prompt === undefined ? [] : ['--', prompt]));
  const started = performance.now();
  const child = spawn(program.command, args, {
    cwd: workspace.project,
    env: { ...cleanEnvironment(workspace, surroundings), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(stdin ?? '');
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (interruptOn && text.split('\n').flatMap(parseLine).some(interruptOn)) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // The whole process group: a hung client may have started shells and MCP servers.
    const limit = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeLimit);
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(limit);
      const events = stdout.split('\n').flatMap(parseLine);
      const result = events.findLast((event) => event.type === 'result') as ClientResult | undefined;
      const milliseconds = Math.round(performance.now() - started);
      resolve({ exitCode, timedOut, milliseconds, events, result, stdout, stderr });
    });
  });
}

/** All that the model said in a run, as the client tells it. */
export function blocksOf(run: ClientRun): ContentBlock[] {
  return run.events.flatMap(({ type, message }) =>
    type === 'assistant' && Array.isArray(message?.content) ? (message.content as ContentBlock[]) : [],
  );
}

function cleanEnvironment(workspace: Workspace, surroundings: Surroundings): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: workspace.home,
    TMPDIR: workspace.temporary,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    ANTHROPIC_BASE_URL: surroundings.baseUrl,
    ANTHROPIC_MODEL: 'gpt-5-mini',
    HTTP_PROXY: surroundings.proxyUrl,
    HTTPS_PROXY: surroundings.proxyUrl,
    NO_PROXY: '127.0.0.1,localhost',
    NODE_EXTRA_CA_CERTS: surroundings.certificateFile,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
  };
}

function parseLine(line: string): ClientEvent[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as ClientEvent];
  } catch {
    return [];
  }
}

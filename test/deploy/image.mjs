/** Carries out a Dockerfile without Docker, as far as that shows whether its steps work. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Runs the steps in their order. Each stage has a folder of its own in place of its root; absolute paths are taken from there.
 * @param {string} dockerfile path
 * @param {string} context folder with what a build would be sent
 * @param {string} folder empty, for the stages
 * @returns {{ root: string, workdir: string, env: Record<string, string>, command: string[], healthcheck: string[] }} the last stage
 */
export function build(dockerfile, context, folder) {
  const stages = new Map();
  let stage;
  for (const [instruction, rest] of instructions(readFileSync(dockerfile, 'utf8'))) {
    switch (instruction) {
      case 'FROM': {
        const name = / AS (\S+)$/i.exec(rest)?.[1] ?? String(stages.size);
        stage = { root: join(folder, name), workdir: '/', env: {}, command: [], healthcheck: [] };
        mkdirSync(join(stage.root, 'tmp'), { recursive: true });
        stages.set(name, stage);
        break;
      }
      case 'WORKDIR':
        stage.workdir = rest;
        mkdirSync(join(stage.root, rest), { recursive: true });
        break;
      case 'ENV':
        for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
        break;
      case 'COPY':
        copy(rest, stage, stages, context);
        break;
      case 'RUN':
        run(rest, stage);
        break;
      case 'HEALTHCHECK':
        stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('CMD') + 3));
        break;
      case 'CMD':
        stage.command = JSON.parse(rest);
        break;
      case 'USER':
      case 'VOLUME':
      case 'EXPOSE':
        break;
      default:
        throw new Error(`cannot carry out ${instruction} ${rest}`);
    }
  }
  return stage;
}

/** Instruction and arguments, continued lines joined. */
function instructions(text) {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  return lines.map((line) => {
    const [, instruction, rest] = /^(\w+)\s+(.*)$/.exec(line);
    return [instruction, rest];
  });
}

function copy(rest, stage, stages, context) {
  const words = rest.split(' ');
  const from = words[0].startsWith('--from=') ? stages.get(words.shift().slice('--from='.length)).root : context;
  const target = words.pop();
  const into = target.startsWith('/') ? join(stage.root, target) : join(stage.root, stage.workdir, target);
  for (const source of words) {
    // As Docker has it: the content of `.` or a folder, the file itself under its name, or under the target's when that is one.
    const isFolder = target.endsWith('/') || target === '.';
    cpSync(join(from, source), isFolder && source !== '.' ? join(into, basename(source)) : into, {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** There is no user `node` here, and no other root: `chown` is left out and folders lie in the stage. */
function run(script, { root, workdir }) {
  const mapped = script
    .replaceAll(/ (\/[\w/]+)/g, (_, path) => ` ${join(root, path)}`)
    .replaceAll(/&& chown \S+ \S+/g, '');
  const { status } = spawnSync('sh', ['-e', '-c', mapped], {
    cwd: join(root, workdir),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`RUN ${script}: exit status ${status}`);
}

/** What `docker build` would send: the files under version control that .dockerignore does not leave out. */
export function buildContext(root, folder) {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const file of stdout.split('\0').filter(Boolean)) {
    if (ignored.some((pattern) => file === pattern || file.startsWith(`${pattern.replace(/\/$/, '')}/`))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { verbatimSymlinks: true });
  }
}

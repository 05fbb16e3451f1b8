import { execSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  allowedCores,
  boundTo,
  coreBusy,
  openFileLimit,
  parseStat,
  processTree,
  treeCpu,
  treePeakRss,
} from './proc.mjs';

const BURNT_MS = 150;

/** Burns CPU in a process and, first, in its child, then tells its memory and stays. */
const BURNER = `
  const burn = () => { while (process.cpuUsage().user + process.cpuUsage().system < ${BURNT_MS * 1000}); };
  const report = () => { burn(); console.log(process.memoryUsage.rss()); setInterval(() => {}, 1000); };
  if (process.argv[1] === 'leaf') report();
  else {
    const leaf = require('node:child_process').spawn(process.execPath, ['-e', process.env.BURNER, 'leaf']);
    leaf.stdout.once('data', report);
    process.on('SIGTERM', () => { leaf.kill('SIGKILL'); process.exit(); });
  }
`;

describe('parseStat', () => {
  it('reads parent and CPU time past a name with blanks and parentheses', () => {
    const line = '4242 (node (x) 1) S 17 4242 4242 0 -1 4194304 100 200 0 0 120 30 4 2 20 0 11 0 5000 1000000 2500 0';
    expect(parseStat(line)).toEqual({ pid: 4242, parent: 17, cpu: 1_560_000 });
  });
});

(platform === 'linux' ? describe : describe.skip)('a process tree in /proc', () => {
  let root: ChildProcessWithoutNullStreams;
  let pid = 0;
  let rss = 0;

  beforeAll(async () => {
    root = spawn(process.execPath, ['-e', BURNER], { env: { ...process.env, BURNER } });
    pid = root.pid ?? 0;
    const [output] = (await once(root.stdout, 'data')) as [Buffer];
    rss = Number(output.toString());
  }, 30_000);

  afterAll(async () => {
    root.kill('SIGTERM');
    await once(root, 'exit');
  });

  it('has the process and its child', () => {
    const tree = processTree(pid) as { pid: number; parent: number }[];
    expect(tree).toHaveLength(2);
    expect(tree[1]?.parent).toBe(pid);
  });

  it('has used the CPU time that both of them burnt', () => {
    const milliseconds = treeCpu(pid) / 1000;
    // Ticks of 10 ms are cut off in each of two processes.
    expect(milliseconds).toBeGreaterThanOrEqual(2 * BURNT_MS - 40);
    expect(milliseconds).toBeLessThan(10 * BURNT_MS);
  });

  it('had at least the memory that it says it has', () => {
    expect(treePeakRss(pid)).toBeGreaterThan(rss / 1e6);
  });

  it('has kept the cores busy for at least that long', () => {
    const cores: number[] = allowedCores();
    expect(cores.reduce((sum, core) => sum + coreBusy(core), 0)).toBeGreaterThanOrEqual(treeCpu(pid));
  });

  it('may open as many files as the shell says', () => {
    const limit = execSync('ulimit -Hn', { encoding: 'utf8' }).trim();
    expect(openFileLimit()).toBe(limit === 'unlimited' ? Infinity : Number(limit));
  });
});

describe('boundTo', () => {
  it('leaves the command alone without a core', () => {
    expect(boundTo(undefined, ['node', 'x'])).toEqual(['node', 'x']);
    expect(boundTo(1, ['node', 'x'])).toEqual(['taskset', '--cpu-list', '1', 'node', 'x']);
  });
});

/** What Linux tells about processes: CPU time, memory, cores. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** `utime` and `stime` count in ticks of USER_HZ, which is 100 on every architecture Linux runs node on (proc(5)). */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * @typedef {object} ProcessStat
 * @property {number} pid
 * @property {number} parent
 * @property {number} cpu microseconds of all threads in user and kernel mode, and of the children that have been waited for
 */

/**
 * @param {string} line content of `/proc/PID/stat`
 * @returns {ProcessStat}
 */
export function parseStat(line) {
  // The command's name stands in parentheses and may hold blanks and parentheses itself; the numbers follow the last one.
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  // fields[0] is field 3 (state) of proc(5): ppid is 4, utime to cstime are 14 to 17.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number.parseInt(line, 10), parent: Number(fields[1]), cpu: ticks * MICROSECONDS_PER_TICK };
}

/** @returns {ProcessStat[]} of all processes that can be seen */
function allProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readOrNothing(`/proc/${pid}/stat`).map(parseStat));
}

/**
 * @param {string} path
 * @returns {string[]} the content, or nothing when the process has just ended
 */
function readOrNothing(path) {
  try {
    return [readFileSync(path, 'utf8')];
  } catch {
    return [];
  }
}

/**
 * @param {number} root
 * @returns {ProcessStat[]} the process and its descendants
 */
export function processTree(root) {
  const all = allProcesses();
  const tree = all.filter(({ pid }) => pid === root);
  // The list grows while it is walked: each process found brings in its own children.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/**
 * @param {number} pid
 * @returns {number} microseconds of CPU that the process tree has used so far
 */
export function treeCpu(pid) {
  return processTree(pid).reduce((sum, { cpu }) => sum + cpu, 0);
}

/**
 * @param {number} root
 * @returns {number} highest resident set of the process tree so far, in megabytes (10⁶ bytes)
 */
export function treePeakRss(root) {
  const kilobytes = processTree(root)
    .flatMap(({ pid }) => readOrNothing(`/proc/${pid}/status`))
    .map((status) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
  return (kilobytes.reduce((sum, value) => sum + value, 0) * 1024) / 1e6;
}

/**
 * @param {number} core
 * @returns {number} microseconds that the core has been busy since the system's start
 */
export function coreBusy(core) {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) * MICROSECONDS_PER_TICK;
}

/** @returns {number[]} cores this process may use */
export function allowedCores() {
  const list = /^Cpus_allowed_list:\s+(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** @returns {number} open files that one process may have at most */
export function openFileLimit() {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined || limit === 'unlimited' ? Infinity : Number(limit);
}

/** @typedef {{ contender: number, client: number } | undefined} Cores which core each side is bound to, if at all */

/**
 * Chooses a core for the contender and another for client and upstream, and moves this process (its future children too)
 * to the latter.
 * @returns {Cores} undefined when there is only one core or no `taskset`
 */
export function bindToCores() {
  const [contender, client] = allowedCores();
  if (contender === undefined || client === undefined) return undefined;
  const bound = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(client), String(process.pid)]);
  return bound.status === 0 ? { contender, client } : undefined;
}

/**
 * @param {number | undefined} core
 * @param {string[]} command
 * @returns {string[]} the command that runs bound to the core
 */
export function boundTo(core, command) {
  return core === undefined ? command : ['taskset', '--cpu-list', String(core), ...command];
}

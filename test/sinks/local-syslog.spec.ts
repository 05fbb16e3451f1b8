import { spawn, spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalSyslog } from '../../libs/plugins/src/syslog/local-syslog.js';
import { temporaryDirectory, type TemporaryDirectory } from '../support/index.js';

const message = (text: string, priority = 14) => ({ priority, at: 0, text: Buffer.from(text) });

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

/** Reads datagrams of a local socket, which Node cannot, and prints each as a line of hexadecimal digits. */
const RECEIVER = `use Socket; $| = 1; socket(my $s, PF_UNIX, SOCK_DGRAM, 0); bind($s, sockaddr_un($ARGV[0])) or die $!;
  print "ready\\n"; while (defined recv($s, my $datagram, 300000, 0)) { print unpack("H*", $datagram), "\\n" }`;

const has = (program: string, sign: RegExp): boolean => sign.test(String(spawnSync(program, ['--version']).stdout));
const available = has('logger', /util-linux/) && has('perl', /perl/);

(available ? it : it.skip)('reaches a real local socket (needs logger of util-linux, and perl)', async () => {
  const socket = join(directory.path, 'log');
  const receiver = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface(receiver.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('ready');
    const syslog = new LocalSyslog({ ident: 'kong', timeout: 20_000, socket });
    const long = `{"text":"${'ü'.repeat(30_000)}"}`;
    await syslog.send([message('{"n":1}'), message(long, 131), message('{"n":"<3>"}')]);
    const datagram = async () => Buffer.from(String((await lines.next()).value), 'hex').toString();
    const start = (priority: number) =>
      `^<${priority}>\\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d kong\\[${process.pid}\\]: `;
    expect(await datagram()).toMatch(new RegExp(`${start(14)}{"n":1}$`));
    const second = await datagram();
    expect(second.slice(0, 40)).toMatch(new RegExp(start(131)));
    expect(second.endsWith(long)).toBe(true);
    expect(await datagram()).toMatch(new RegExp(`${start(14)}{"n":"<3>"}$`));
  } finally {
    receiver.kill();
  }
});

describe('a local syslog that cannot be reached', () => {
  const program = async (script: string): Promise<string> => {
    const path = join(directory.path, 'logger');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const send = async (script: string, timeout = 20_000) =>
    new LocalSyslog({ ident: 'kong', timeout, program: await program(script) }).send([message('{}')]);

  it.each([
    [
      'says what logger says',
      'echo "logger: socket /dev/log: No such file" >&2; exit 1',
      /^local syslog: logger: socket/,
    ],
    ['takes a complaint for a failure', 'cat >/dev/null; echo "send failed" >&2', /send failed/],
    ['takes a status for a failure', 'exit 3', /logger ended with status 3/],
  ])('%s', async (_, script, reason) => {
    await expect(send(script)).rejects.toThrow(reason);
  });

  it('does not wait for ever', async () => {
    await expect(send('exec sleep 600', 50)).rejects.toThrow('logger took longer than 50 ms');
  });

  it('says that there is no logger', async () => {
    const syslog = new LocalSyslog({ ident: 'kong', timeout: 20_000, program: join(directory.path, 'none') });
    await expect(syslog.send([message('{}')])).rejects.toThrow(/the program logger cannot be run: .*ENOENT/);
  });
});

it('refuses for good a record that logger would cut', async () => {
  const syslog = new LocalSyslog({ ident: 'kong', timeout: 20_000 });
  await expect(syslog.send([message('x'.repeat(200_000))])).rejects.toMatchObject({ name: 'FinalSinkError' });
});

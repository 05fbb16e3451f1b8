import { spawn } from 'node:child_process';
import { FinalSinkError } from '#libs/plugin-api';
import { reasonOf } from '#libs/sinks';
import type { SyslogMessage } from './rfc5424.js';

/**
 * Bytes of a record. The syslog socket takes datagrams; Linux lets one have about 200 KiB, of which a receiver may still cut
 * what is too long for it.
 */
const MAX_RECORD = 128 * 1024;
/** Room for what logger puts in front. */
const MAX_MESSAGE = MAX_RECORD + 1024;

export interface LocalSyslogOptions {
  readonly ident: string;
  /** Milliseconds for a batch. */
  readonly timeout: number;
  /** Default: logger's own, `/dev/log`. */
  readonly socket?: string;
  /** Default: the `logger` that is on the path. */
  readonly program?: string;
}

/** The syslog of this machine. Its socket takes datagrams, which Node cannot send; logger(1) of util-linux can, one process per batch. */
export class LocalSyslog {
  constructor(private readonly options: LocalSyslogOptions) {}

  /** @throws FinalSinkError when a message is too long, Error when the syslog cannot be reached. */
  async send(messages: readonly SyslogMessage[]): Promise<void> {
    const tooLong = messages.find(({ text }) => text.length > MAX_RECORD);
    if (tooLong) throw new FinalSinkError(`a record of ${tooLong.text.length} bytes is too long for the local syslog`);
    const lines = messages.flatMap(({ priority, text }) => [Buffer.from(`<${priority}>`), text, Buffer.from('\n')]);
    await this.logger(Buffer.concat(lines));
  }

  async close(): Promise<void> {
    // Every batch has had a process of its own.
  }

  private logger(input: Buffer): Promise<void> {
    const { ident, timeout, socket, program = 'logger' } = this.options;
    const options = ['--prio-prefix', '--socket-errors=on', `--id=${process.pid}`, `--size=${MAX_MESSAGE}`];
    const where = socket === undefined ? [] : [`--socket=${socket}`];
    const child = spawn(program, [...options, ...where, `--tag=${ident}`], { stdio: ['pipe', 'ignore', 'pipe'] });
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`local syslog: ${reason}`));
      const limit = setTimeout(() => {
        fail(`logger took longer than ${timeout} ms`);
        child.kill('SIGKILL');
      }, timeout);
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(0, 500)));
      child.once('error', (error) => {
        clearTimeout(limit);
        fail(`the program logger cannot be run: ${reasonOf(error)}`);
      });
      child.once('close', (code, signal) => {
        clearTimeout(limit);
        if (code === 0 && complaint === '') resolve();
        else fail(complaint.trim() || `logger ended with ${code === null ? signal : `status ${code}`}`);
      });
      // It may end without reading; its exit tells why.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
  }
}

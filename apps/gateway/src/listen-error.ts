import type { ListenAddress } from './environment.js';

/** A port that could not be opened; the message names the setting. */
export class ListenError extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'the system does not allow this process to use the port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name is not known',
};

/** @throws ListenError in place of what the system says. */
export async function listening<T>(variable: string, { host, port }: ListenAddress, opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ListenError(`${variable}: cannot listen on ${host}:${port}: ${REASONS[code] ?? message}`, {
      cause: error,
    });
  }
}

import { DataDirectoryError } from '../data-directory.js';
import { EnvironmentError, readEnvironment } from '../environment.js';
import { Gateway } from '../gateway.js';
import { InvalidConfiguration } from '../gateway-runtime.js';
import { ListenError } from '../listen-error.js';
import { makeProcessLog } from '../process-log.js';
import { PluginLoadError } from '../third-party-plugins.js';

/** `tidegate start`: runs until a signal. Returns a status only when the gateway cannot start. */
export async function start(env: NodeJS.ProcessEnv): Promise<number | undefined> {
  try {
    const environment = readEnvironment(env);
    const gateway = await Gateway.start(environment, env, makeProcessLog(environment.logLevel));
    obeySignals(gateway);
    sayReady(gateway);
    return undefined;
  } catch (error) {
    if (!isOperatorsError(error)) throw error;
    process.stderr.write(`tidegate: cannot start:\n${error.message}\n`);
    return 1;
  }
}

/** The one line of standard output that scripts wait for: every listener accepts connections. */
export function sayReady({ addresses: { proxy, admin, status } }: Gateway): void {
  process.stdout.write(`${JSON.stringify({ event: 'ready', proxy, admin, status })}\n`);
}

/** @param after what else is to be closed once the gateway has stopped */
export function obeySignals(gateway: Gateway, after: () => Promise<void> = async () => {}): void {
  const stop = (): void => {
    void gateway
      .stop()
      .then(after)
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => void gateway.reload('SIGHUP'));
}

/** What the operator can mend is told in a sentence; anything else is a fault of ours and shows its stack. */
export function isOperatorsError(error: unknown): error is Error {
  return (
    error instanceof EnvironmentError ||
    error instanceof DataDirectoryError ||
    error instanceof PluginLoadError ||
    error instanceof InvalidConfiguration ||
    error instanceof ListenError
  );
}

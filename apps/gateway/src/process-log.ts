import type { LoggerService } from '@nestjs/common';
import { pino, type Level, type Logger } from 'pino';
import type { Environment } from './environment.js';

/** The process's own log: JSON lines on standard error, pretty on a terminal. Standard output belongs to the ready line. */
export function makeProcessLog(level: Environment['logLevel']): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino({ ...options, transport: { target: 'pino-pretty', options: { destination: 2 } } });
}

/** Nest tells of every module and route it sets up: for the curious only. */
const NEST_CONTEXTS = new Set(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Lets Nest and every provider's `Logger` write into the process log. */
export function nestLog(log: Logger): LoggerService {
  const at =
    (level: Level) =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const text = message instanceof Error ? (message.stack ?? message.message) : String(message);
      log[level](typeof context === 'string' ? { context } : {}, text);
    };
  const debug = at('debug');
  const info = at('info');
  return {
    log: (message: unknown, ...rest: unknown[]) =>
      (NEST_CONTEXTS.has(String(rest.at(-1))) ? debug : info)(message, ...rest),
    debug,
    verbose: at('trace'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
}

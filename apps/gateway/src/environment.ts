import { z } from 'zod';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The process's settings, from `TIDEGATE_*` variables. */
export interface Environment {
  /** Declarative files. */
  readonly configFiles: readonly string[];
  readonly proxyListen: ListenAddress;
  readonly adminListen: ListenAddress | 'off';
  readonly statusListen: ListenAddress;
  readonly dataDir: string;
  readonly journal: {
    /** Bytes on disk. */
    readonly maxBytes: number;
    readonly whenFull: 'drop_oldest' | 'drop_newest' | 'refuse';
    /** Seconds between two calls of fdatasync; 0: none. */
    readonly syncSeconds: number;
  };
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** Seconds given to running exchanges at shutdown. */
  readonly drainSeconds: number;
  /** Files or packages that export plugin classes. */
  readonly plugins: readonly string[];
}

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const listen = z.string().transform((text, context): ListenAddress => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) {
    context.addIssue({ code: 'custom', message: `expected HOST:PORT with a port from 0 to 65535, got "${text}"` });
    return z.NEVER;
  }
  return { host: match[1] ?? match[2] ?? '', port };
});

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const SMALLEST_JOURNAL = 2 ** 20;

const journalSize = z.string().transform((text, context): number => {
  const [, number, unit = ''] = /^(\d+)(?:([kmg])i?b?)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (bytes >= SMALLEST_JOURNAL) return bytes;
  context.addIssue({ code: 'custom', message: `expected at least 1MiB, e.g. 512MiB or 2GiB, got "${text}"` });
  return z.NEVER;
});

const schema = z.object({
  TIDEGATE_CONFIG: list.default(['tidegate.yaml']),
  TIDEGATE_PROXY_LISTEN: listen.default({ host: '127.0.0.1', port: 8000 }),
  TIDEGATE_ADMIN_LISTEN: z.union([z.literal('off'), listen]).default({ host: '127.0.0.1', port: 8001 }),
  TIDEGATE_STATUS_LISTEN: listen.default({ host: '127.0.0.1', port: 8100 }),
  TIDEGATE_DATA_DIR: z.string().min(1).default('./data'),
  TIDEGATE_JOURNAL_MAX_BYTES: journalSize.default(2 ** 30),
  TIDEGATE_JOURNAL_WHEN_FULL: z.enum(['drop_oldest', 'drop_newest', 'refuse']).default('drop_oldest'),
  TIDEGATE_JOURNAL_SYNC_SECONDS: z.coerce.number().min(0).max(3600).default(0),
  TIDEGATE_WORKERS: z
    .string()
    .regex(/^1$/, 'expected "1": this version serves with one process; start more gateways to use more cores')
    .default('1'),
  TIDEGATE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  TIDEGATE_DRAIN_SECONDS: z.coerce.number().min(0).max(3600).default(30),
  TIDEGATE_PLUGINS: list.default([]),
});

export class EnvironmentError extends Error {}

/**
 * Reads the settings. An empty variable counts as unset.
 * @throws EnvironmentError that names every faulty variable.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in schema.shape && value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new EnvironmentError(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const values = result.data;
  return {
    configFiles: values.TIDEGATE_CONFIG,
    proxyListen: values.TIDEGATE_PROXY_LISTEN,
    adminListen: values.TIDEGATE_ADMIN_LISTEN,
    statusListen: values.TIDEGATE_STATUS_LISTEN,
    dataDir: values.TIDEGATE_DATA_DIR,
    journal: {
      maxBytes: values.TIDEGATE_JOURNAL_MAX_BYTES,
      whenFull: values.TIDEGATE_JOURNAL_WHEN_FULL,
      syncSeconds: values.TIDEGATE_JOURNAL_SYNC_SECONDS,
    },
    logLevel: values.TIDEGATE_LOG_LEVEL,
    drainSeconds: values.TIDEGATE_DRAIN_SECONDS,
    plugins: values.TIDEGATE_PLUGINS,
  };
}

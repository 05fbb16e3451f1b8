import { parseArgs } from 'node:util';
import { version } from './version.js';

const USAGE = `tidegate ${version}: AI gateway for coding agents

  tidegate start [--config FILE[,FILE…]]   start the gateway (default: $TIDEGATE_CONFIG or tidegate.yaml)
  tidegate check FILE…                     validate declarative files; exit status 1 when there is a fault
  tidegate usage [FILE…|TOPIC…]            what the exchanges of a log cost; tidegate usage --help
  tidegate verify [FILE…|TOPIC…]           whether a log has every record; tidegate verify --help
  tidegate dead-letters list|retry|drop    records that a log sink has refused for good; tidegate dead-letters --help
  tidegate demo                            start with a simulated OpenAI: no key, no network

Environment: TIDEGATE_CONFIG, TIDEGATE_PROXY_LISTEN, TIDEGATE_ADMIN_LISTEN, TIDEGATE_STATUS_LISTEN, TIDEGATE_DATA_DIR,
TIDEGATE_JOURNAL_MAX_BYTES, TIDEGATE_JOURNAL_WHEN_FULL, TIDEGATE_JOURNAL_SYNC_SECONDS, TIDEGATE_LOG_LEVEL,
TIDEGATE_DRAIN_SECONDS, TIDEGATE_PLUGINS (docs/running.md)
`;

/** Commands are imported when they are asked for: the start of the gateway waits for nothing it does not need. */
async function main(argv: string[]): Promise<number | undefined> {
  // Commands with options of their own.
  switch (argv[0]) {
    case 'usage':
      return (await import('./cli/usage.js')).usage(argv.slice(1), process.env);
    case 'dead-letters':
      return (await import('./cli/dead-letters.js')).deadLetters(argv.slice(1), process.env);
    case 'verify':
      return (await import('./cli/verify.js')).verify(argv.slice(1), process.env);
    default:
  }
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  });
  const [command = 'start', ...rest] = positionals;
  if (values.help === true || command === 'help') return print(USAGE);
  if (values.version === true) return print(`${version}\n`);
  if (values.config !== undefined && command === 'start') process.env.TIDEGATE_CONFIG = values.config;
  switch (command) {
    case 'start':
      if (rest.length > 0) return misuse(`unexpected argument "${rest.join(' ')}"`);
      return (await import('./cli/start.js')).start(process.env);
    case 'check':
      return (await import('./cli/check.js')).check(rest, process.env);
    case 'demo':
      return (await import('./cli/demo.js')).demo(process.env);
    default:
      return misuse(`unknown command "${command}"`);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misuse(problem: string): number {
  process.stderr.write(`tidegate: ${problem}\n\n${USAGE}`);
  return 2;
}

try {
  // `undefined`: the command goes on running until a signal ends it.
  const status = await main(process.argv.slice(2));
  if (status !== undefined) process.exitCode = status;
} catch (error) {
  if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true) {
    process.exitCode = misuse((error as Error).message);
  } else {
    throw error;
  }
}

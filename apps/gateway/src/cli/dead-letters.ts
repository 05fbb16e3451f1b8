import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import type { DeadLetter, DeadLetterFilter } from '#libs/delivery';
import { announcedAdmin, DataDirectory, DataDirectoryError, DataDirectoryHeldError } from '../data-directory.js';
import { EnvironmentError, readEnvironment, type Environment } from '../environment.js';
import { makeProcessLog, nestLog } from '../process-log.js';
import { openDeadLetters, openJournalAside } from '../records-on-disk.js';
import { Misuse, misused, safeJson, write } from './output.js';
import { styleOf } from './terminal/style.js';
import { textTable, type Column } from './terminal/text-table.js';

const HELP = `tidegate dead-letters list|retry|drop: records that a sink has refused for good

  list             what there is: time, sink, exchange, reason
  retry            puts them in line for their sinks once more
  drop             deletes them

  --sink NAME      only those of this sink: name or id of its plugins entry
  --exchange ID    only this exchange
  --all            drop: all there are
  --json           list: one JSON object, for programs
  -h, --help       this text

They lie in the data directory (TIDEGATE_DATA_DIR). While a gateway runs there, its admin API is asked to do it; what is
retried while none runs is delivered when the next one starts.

Exit status: 0 done, 1 not possible, 2 misuse.
`;

/** Where dead letters can be looked at and dealt with. */
interface Shelf {
  list(filter: DeadLetterFilter): Promise<readonly DeadLetter[]>;
  retry(filter: DeadLetterFilter): Promise<number>;
  drop(filter: DeadLetterFilter): Promise<number>;
}

/** `tidegate dead-letters …`. @returns the exit status */
export async function deadLetters(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        sink: { type: 'string' },
        exchange: { type: 'string' },
        all: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      write(HELP);
      return 0;
    }
    const [command = 'list', ...rest] = positionals;
    if (rest.length > 0) throw new Misuse(`unexpected argument "${rest.join(' ')}"`);
    const filter = { sink: values.sink, exchange: values.exchange };
    return await withShelf(readEnvironment(env), async (shelf) => {
      switch (command) {
        case 'list': {
          const letters = await shelf.list(filter);
          write(values.json === true ? `${safeJson({ data: letters })}\n` : listing(letters, env));
          return 0;
        }
        case 'retry':
          write(`${await shelf.retry(filter)} in line again\n`);
          return 0;
        case 'drop':
          if (values.sink === undefined && values.exchange === undefined && values.all !== true) {
            throw new Misuse('drop deletes records: say which with --sink or --exchange, or --all');
          }
          write(`${await shelf.drop(filter)} deleted\n`);
          return 0;
        default:
          throw new Misuse(`expected list, retry or drop, got "${command}"`);
      }
    });
  } catch (error) {
    if (error instanceof DataDirectoryError) {
      process.stderr.write(`tidegate dead-letters: ${error.message}\n`);
      return 1;
    }
    return misused('dead-letters', error instanceof EnvironmentError ? new Misuse(error.message) : error);
  }
}

async function withShelf(environment: Environment, use: (shelf: Shelf) => Promise<number>): Promise<number> {
  if (!existsSync(environment.dataDir))
    throw new DataDirectoryError(`there is no data directory ${environment.dataDir}`);
  let directory: DataDirectory;
  try {
    directory = new DataDirectory(environment.dataDir);
  } catch (error) {
    if (!(error instanceof DataDirectoryHeldError)) throw error;
    const admin = announcedAdmin(environment.dataDir);
    if (admin !== undefined) return use(ofGateway(admin));
    throw new DataDirectoryError(
      `a gateway runs in ${environment.dataDir} and has no admin API: stop it, or start it with TIDEGATE_ADMIN_LISTEN`,
      { cause: error },
    );
  }
  try {
    return await use(ofFolder(directory, environment));
  } finally {
    directory.release();
  }
}

function ofFolder(directory: DataDirectory, environment: Environment): Shelf {
  Logger.overrideLogger(nestLog(makeProcessLog(environment.logLevel)));
  const letters = openDeadLetters(directory);
  return {
    list: (filter) => Promise.resolve(letters.list(filter)),
    drop: (filter) => Promise.resolve(letters.drop(filter)),
    retry: (filter) => {
      const journal = openJournalAside(directory, environment.journal);
      try {
        return Promise.resolve(letters.retry(filter, journal));
      } finally {
        journal.close();
      }
    },
  };
}

function ofGateway(admin: string): Shelf {
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => {
    const response = await fetch(new URL(path, admin), init).catch((error: unknown) => {
      throw new DataDirectoryError(`the admin API at ${admin} does not answer`, { cause: error });
    });
    if (response.ok) return (await response.json()) as T;
    throw new DataDirectoryError(`the admin API at ${admin} answers ${response.status}: ${await response.text()}`);
  };
  const path = (filter: DeadLetterFilter): string => {
    const given = Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return `dead-letters?${new URLSearchParams(given).toString()}`;
  };
  return {
    list: async (filter) => (await ask<{ data: DeadLetter[] }>(path(filter), {})).data,
    drop: async (filter) => (await ask<{ dropped: number }>(path(filter), { method: 'DELETE' })).dropped,
    retry: async (filter) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(filter) };
      return (await ask<{ retried: number }>('dead-letters/retry', init)).retried;
    },
  };
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'time', align: 'left', cell: ({ at }) => new Date(at).toISOString() },
  { title: 'sink', align: 'left', cell: ({ sink }) => sink },
  { title: 'exchange', align: 'left', cell: ({ exchange }) => exchange },
  { title: 'reason', align: 'left', cell: ({ reason }) => reason },
];

function listing(letters: readonly DeadLetter[], env: NodeJS.ProcessEnv): string {
  if (letters.length === 0) return 'no dead letters\n';
  const { lines } = textTable(COLUMNS, letters, { style: styleOf(process.stdout, env), footer: false });
  return `${lines.join('\n')}\n`;
}

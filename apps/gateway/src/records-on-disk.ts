import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DeadLetters, DiskJournal } from '#libs/delivery';
import { encodeRecord, interruptedRecord } from '#libs/lifecycle';
import { DataDirectoryError, type DataDirectory } from './data-directory.js';
import type { Environment } from './environment.js';

/**
 * Opens the journal in the data directory; exchanges that the process before has left unfinished end as `interrupted`.
 * @throws DataDirectoryError
 */
export function openJournal(dataDirectory: DataDirectory, settings: Environment['journal']): DiskJournal {
  const journal = openJournalAside(dataDirectory, settings);
  const interrupted = journal.recover((mark) => {
    const record = interruptedRecord(mark);
    return record && { seq: record.exchange.seq, record, json: encodeRecord(record) };
  });
  if (interrupted > 0) {
    new Logger('Journal').warn(`${interrupted} exchanges did not end before the last process did: interrupted`);
  }
  return journal;
}

/**
 * Opens the journal to put something in line; unfinished exchanges are left for the next start.
 * @throws DataDirectoryError
 */
export function openJournalAside(dataDirectory: DataDirectory, settings: Environment['journal']): DiskJournal {
  const directory = join(dataDirectory.path, 'journal');
  return usable(dataDirectory, () => new DiskJournal({ directory, ...settings }));
}

/** @throws DataDirectoryError */
export function openDeadLetters(dataDirectory: DataDirectory): DeadLetters {
  return usable(dataDirectory, () => new DeadLetters(join(dataDirectory.path, 'dead-letters')));
}

function usable<T>({ path }: DataDirectory, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new DataDirectoryError(
      `the data directory ${path} (TIDEGATE_DATA_DIR) cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayKeys } from '#libs/plugin-api';

export class DataDirectoryError extends Error {}

/** Another gateway is at work there. */
export class DataDirectoryHeldError extends DataDirectoryError {}

/**
 * The gateway's own folder: node id, keys, lock. One gateway at a time holds it; the lock file names the process that does.
 */
export class DataDirectory extends GatewayKeys {
  readonly path: string;
  /** Stays the same over restarts; `exchange.node` of every record. */
  readonly nodeId: string;
  private readonly keys = new Map<string, Buffer>();

  /** @throws DataDirectoryError when the folder cannot be written or another gateway holds it. */
  constructor(path: string) {
    super();
    this.path = resolve(path);
    try {
      mkdirSync(join(this.path, 'keys'), { recursive: true, mode: 0o700 });
      this.lock();
      this.nodeId = readOrCreate(join(this.path, 'node-id'), () => randomUUID());
    } catch (error) {
      if (error instanceof DataDirectoryError) throw error;
      throw new DataDirectoryError(
        `the data directory ${this.path} (TIDEGATE_DATA_DIR) cannot be used: ${(error as Error).message}`,
      );
    }
  }

  override key(name: string): Buffer {
    let key = this.keys.get(name);
    if (!key) {
      key = Buffer.from(
        readOrCreate(join(this.path, 'keys', name), () => randomBytes(32).toString('hex')),
        'hex',
      );
      this.keys.set(name, key);
    }
    return key;
  }

  /** Tells other processes where the admin API is; undefined: nowhere. */
  announce(admin: string | undefined): void {
    writeFileSync(addressFile(this.path), JSON.stringify({ admin }), { mode: 0o600 });
  }

  release(): void {
    rmSync(addressFile(this.path), { force: true });
    rmSync(this.lockFile, { force: true });
  }

  private get lockFile(): string {
    return join(this.path, 'lock');
  }

  /** A hard link appears whole or not at all, so two starts at once cannot both win. */
  private lock(): void {
    const mine = join(this.path, `lock.${process.pid}`);
    writeFileSync(mine, JSON.stringify({ pid: process.pid, started: processStart(process.pid) }), { mode: 0o600 });
    try {
      for (;;) {
        try {
          linkSync(mine, this.lockFile);
          return;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        const holder = readHolder(this.lockFile);
        if (holder && isRunning(holder)) {
          throw new DataDirectoryHeldError(
            `the data directory ${this.path} is held by another gateway (process ${holder.pid}); ` +
              'stop that one or set TIDEGATE_DATA_DIR to another folder',
          );
        }
        rmSync(this.lockFile, { force: true });
      }
    } finally {
      unlinkSync(mine);
    }
  }
}

/** Base URL of the admin API of the gateway that holds a data directory; undefined when it has none. */
export function announcedAdmin(path: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(addressFile(resolve(path)), 'utf8')) as { admin?: string }).admin;
  } catch {
    return undefined;
  }
}

function addressFile(path: string): string {
  return join(path, 'addresses.json');
}

interface Holder {
  readonly pid: number;
  readonly started: string | undefined;
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    return Number.isInteger(pid) ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // A process id comes again (in a container it is always 1), its start time does not.
  const now = processStart(pid);
  return started === undefined || now === undefined || now === started;
}

/** Start of a process in clock ticks since boot; undefined where the system has no /proc. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function readOrCreate(file: string, make: () => string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const value = make();
  writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' });
  return value;
}

import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { Plugin, type GatewayPlugin, type Sink, type SinkEntry } from '#libs/plugin-api';
import { jsonLines } from '#libs/sinks';
import { fileLogConfig, type FileLogConfig } from './file-log.config.js';
import type { Rotation } from './rotating-file.js';
import { SharedFiles, type FileHold } from './shared-files.js';

/** Kong's file-log: one line of compact JSON per exchange. */
@Plugin({ name: 'file-log', priority: 9, config: fileLogConfig })
export class FileLogPlugin implements GatewayPlugin<FileLogConfig> {
  private readonly logger = new Logger('FileLog');
  private readonly files = new SharedFiles((text) => this.logger.warn(text));

  sink(config: FileLogConfig): Sink {
    this.warnOfFolder(config.path);
    return new FileSink(this.files.hold(config.path, rotationOf(config)), config);
  }

  check({ path, rotate }: FileLogConfig): { path: string[]; message: string }[] {
    const problems: { path: string[]; message: string }[] = [];
    if (path.endsWith('/') || isFolder(path)) {
      problems.push({ path: ['path'], message: `${path} is a folder, not a file` });
    }
    if (rotate && rotate.max_size === undefined && rotate.max_age === undefined) {
      problems.push({ path: ['rotate'], message: 'needs max_size or max_age' });
    }
    if (rotate && path.startsWith('/dev/')) {
      problems.push({ path: ['rotate'], message: `${path} is no file that could be set aside` });
    }
    return problems;
  }

  /** The folder may be mounted later, so this is no fault; but who waits for lines wants to know. */
  private warnOfFolder(path: string): void {
    const folder = dirname(resolve(path));
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      this.logger.warn(`${path} cannot be made for now: folder ${folder}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}

class FileSink implements Sink {
  /** Each write looks whether the file is still in its place: a system call that is better shared. */
  readonly delivery = { linger: 20 };

  constructor(
    private readonly file: FileHold,
    private readonly config: FileLogConfig,
  ) {}

  async write(batch: readonly SinkEntry[]): Promise<void> {
    if (this.config.reopen) await this.file.reopen();
    await this.file.append(jsonLines(batch, this.config.custom_fields_by_lua));
  }

  reopen(): Promise<void> {
    return this.file.reopen();
  }

  close(): Promise<void> {
    return this.file.release();
  }
}

function rotationOf({ rotate }: FileLogConfig): Rotation | undefined {
  if (!rotate) return undefined;
  const { max_size, max_age, keep, compress } = rotate;
  return {
    ...(max_size !== undefined && { maxSize: max_size }),
    ...(max_age !== undefined && { maxAge: max_age }),
    ...(keep !== undefined && { keep }),
    compress,
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

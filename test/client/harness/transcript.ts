import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '#libs/plugin-api';
import type { RecordedRequest } from '../../../apps/simulated-openai/src/index.js';
import type { ClientRun } from './claude.js';
import { CACHE, type ClientVersion } from './program.js';

/** Everything that was said in a scenario. */
export interface Transcript {
  readonly runs: readonly ClientRun[];
  /** Between client and gateway. */
  readonly exchanges: string;
  readonly upstream: readonly RecordedRequest[];
  readonly records: readonly LogRecord[];
  /** Hosts outside. */
  readonly asked: readonly string[];
}

/** Writes the transcript of a failed scenario beside the installed clients. @returns its path */
export async function keepTranscript(version: ClientVersion, name: string, transcript: Transcript): Promise<string> {
  const folder = join(CACHE, 'failed', version);
  await mkdir(folder, { recursive: true });
  const place = join(folder, `${name.replace(/[^a-z0-9]+/gi, '-')}.txt`);
  const { runs, exchanges, upstream, records, asked } = transcript;
  const parts = [
    ...runs.map(({ exitCode, milliseconds, stdout, stderr }, index) =>
      section(`client ${index + 1}: exit ${exitCode}, ${milliseconds} ms`, [stdout, stderr]),
    ),
    section('client and gateway', [exchanges]),
    section(
      'upstream',
      upstream.map(({ body, reply, rejection }) => JSON.stringify({ body, reply, rejection: rejection?.body })),
    ),
    section(
      'records',
      records.map((record) => JSON.stringify(record)),
    ),
    section('outside', asked),
  ];
  await writeFile(place, parts.join('\n'));
  return place;
}

function section(title: string, lines: readonly string[]): string {
  return `=== ${title}\n${lines.join('\n')}\n`;
}

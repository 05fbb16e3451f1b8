import { UsageReport } from '#libs/reports';
import { logSources, readRecords } from './log-input.js';
import { misused, write } from './output.js';
import { styleOf } from './terminal/style.js';
import { count } from './terminal/units.js';
import { usageCsv, usageJson } from './usage-export.js';
import { usageOptions, USAGE_HELP } from './usage-options.js';
import { usageTable } from './usage-table.js';

/**
 * `tidegate usage [FILE…|TOPIC…]`: sums over the records of logs, on standard output. What was no record is told on standard error.
 * @returns 0; 1 when a file could not be read to its end; 2 when the command line or the files make no sense
 */
export async function usage(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const options = usageOptions(args, Date.now());
    if (options === 'help') {
      write(USAGE_HELP);
      return 0;
    }
    const files = await logSources(options.files, env);
    const report = new UsageReport(options);
    const notes = await readRecords(files, env, (record) => report.add(record));
    const repeated = `${count(report.repeated)} repeated record${report.repeated === 1 ? '' : 's'} counted once`;
    for (const line of [...notes.lines(), ...(report.repeated > 0 ? [repeated] : [])]) {
      process.stderr.write(`tidegate usage: ${line}\n`);
    }
    if (options.output === 'json') write(usageJson(report, options, files, notes));
    else if (options.output === 'csv') write(usageCsv(report, options));
    else write(usageTable(report, options, { style: styleOf(process.stdout, env), width: process.stdout.columns }));
    return notes.counts.unreadable > 0 ? 1 : 0;
  } catch (error) {
    return misused('usage', error);
  }
}

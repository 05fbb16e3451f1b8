import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Prints every fault as it has been gone through, and the sum as the last line. With `FAULT_RESULTS` it also leaves what came
 * out in that file.
 */
export default class FaultReporter {
  constructor(config) {
    this.selective = Boolean(config.testNamePattern) || config.nonFlagArgs?.length > 0;
    this.results = [];
  }

  onTestCaseResult(_test, { status, title, duration, failureMessages }) {
    if (this.selective && status === 'pending') return;
    this.results.push({ title, status });
    if (status === 'pending')
      return console.log(`skipped: ${title} (this machine does not allow to mount a file system)`);
    console.log(`${status === 'passed' ? '✓' : '✗'} ${title} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
    if (status !== 'passed') console.log(failureMessages.join('\n').replace(/^/gm, '    '));
  }

  onTestFileResult(_test, { testExecError, failureMessage, console: lines }) {
    for (const { message } of lines ?? []) console.log(message);
    if (testExecError) console.log(`✗ ${failureMessage}`);
  }

  onRunComplete(_contexts, results) {
    const path = process.env.FAULT_RESULTS;
    if (path) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        JSON.stringify({ whole: !this.selective, results: this.results, crashed: results.numRuntimeErrorTestSuites }),
      );
    }
  }
}

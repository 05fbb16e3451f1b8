/** Prints every scenario as it ends, with the reason of a failure, and the sum as the last line. */
export default class ScenarioReporter {
  constructor({ testNamePattern }) {
    this.selective = Boolean(testNamePattern);
  }

  onTestCaseResult(_test, { status, fullName, duration, failureMessages }) {
    const passed = status === 'passed';
    console.log(`${passed ? '✓' : '✗'} ${fullName} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
    if (!passed) console.log(failureMessages.join('\n').replace(/^/gm, '    '));
  }

  onTestFileResult(_test, { testExecError, failureMessage }) {
    if (testExecError) console.log(`✗ ${failureMessage}`);
  }

  onRunComplete(_contexts, results) {
    // What was not chosen by -t is not counted, any other skipped scenario has not passed. A file that cannot be loaded
    // has no scenario of its own.
    const skipped = this.selective ? 0 : results.numPendingTests + results.numTodoTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + skipped;
    console.log(`${results.numPassedTests} passed, ${failed} failed`);
  }
}

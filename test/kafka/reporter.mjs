/** Prints every test as it ends, with the reason of a failure, the skipped ones by name, and the sum as the last line. */
export default class KafkaReporter {
  constructor({ testNamePattern }) {
    this.selective = Boolean(testNamePattern);
  }

  onTestCaseResult(_test, { status, fullName, duration, failureMessages }) {
    const passed = status === 'passed';
    if (!passed && status !== 'failed') {
      if (!this.selective) console.log(`skipped: ${fullName}`);
      return;
    }
    console.log(`${passed ? '✓' : '✗'} ${fullName} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
    if (!passed) console.log(failureMessages.join('\n').replace(/^/gm, '    '));
  }

  onTestFileResult(_test, { testExecError, failureMessage }) {
    if (testExecError) console.log(`✗ ${failureMessage}`);
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = this.selective ? 0 : results.numPendingTests + results.numTodoTests;
    console.log(`${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    // A test that fails leaves servers behind, for which Jest would wait without end.
    if (failed > 0) process.exit(1);
  }
}

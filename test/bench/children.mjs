/** No child outlives the benchmark, however it ends. */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/**
 * Registers a child.
 * @param {import('node:child_process').ChildProcess} child
 */
export function killAtExit(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Makes every end of this process the end of its children; called once, at the start. */
export function endWithChildren() {
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => process.exit(130));
  }
}

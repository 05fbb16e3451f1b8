import { LogFilesError } from '#libs/reports';

/** What the user has to put right, on the command line or in what it names: a sentence that says what was expected. */
export class Misuse extends Error {}

/**
 * Tells a misuse on standard error.
 * @returns the exit status 2. @throws any other error
 */
export function misused(command: string, error: unknown): number {
  const isUsers =
    error instanceof Misuse ||
    error instanceof LogFilesError ||
    (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (!isUsers) throw error;
  process.stderr.write(`tidegate ${command}: ${(error as Error).message}\nSee tidegate ${command} --help\n`);
  return 2;
}

/** To standard output. Whoever reads it may leave early, as `head` does. */
export function write(text: string): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(text);
}

/** JSON with line breaks, in which no character means something to a terminal. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

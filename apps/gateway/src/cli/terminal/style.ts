/** How a text stands out on a terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

interface Output {
  readonly isTTY?: boolean;
}

/** Colours on a terminal only, and not where `NO_COLOR` (no-color.org) is set. */
export function styleOf(output: Output, env: NodeJS.ProcessEnv): Style {
  const on = output.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const wrap = (code: number, end: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[${end}m` : text);
  return { bold: wrap(1, 22), dim: wrap(2, 22), good: wrap(32, 39), bad: wrap(31, 39) };
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { usageOptions, USAGE_HELP } from '../../apps/gateway/src/cli/usage-options.js';
import { DIMENSIONS } from '#libs/reports';

const page = readFileSync('docs/usage.md', 'utf8');

/** The arguments of a command line as a shell splits them; what is behind a pipe or a redirection is not ours. */
function argumentsOf(command: string): string[] {
  const own = /npx tidegate usage(.*?)(?: \| | > |$)/.exec(command)?.[1] ?? '';
  return (own.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

describe('docs/usage.md', () => {
  it('shows commands that there are', () => {
    const commands = page.split('\n').filter((line) => line.includes('npx tidegate usage'));
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(usageOptions(argumentsOf(command), Date.now())).toHaveProperty('files');
  });

  it('names every dimension and every option, and so does the help', () => {
    for (const dimension of DIMENSIONS) {
      expect(page).toContain(`\`${dimension}\``);
      expect(USAGE_HELP).toContain(dimension);
    }
    for (const option of ['--by', '--since', '--until', '--top', '--json', '--csv']) {
      expect(page).toContain(option);
      expect(USAGE_HELP).toContain(option);
    }
  });
});

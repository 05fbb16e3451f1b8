/** The first line of the system prompt of Claude Code since 2.1: versions and hashes that change with every request. */
const ATTRIBUTION = /^x-anthropic-billing-header:[^\n]*(?:\n|$)/;

/** The text of a system prompt without that line, which would spoil the prompt cache. */
export function withoutAttribution(text: string): string {
  return text.replace(ATTRIBUTION, '');
}

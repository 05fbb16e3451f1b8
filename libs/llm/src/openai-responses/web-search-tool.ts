import type { Tool } from '../canonical/request.js';
import type { RequestContext } from '../openai/request-context.js';

/** Anthropic's hosted search as OpenAI's; what has no field there is said in words, see `searchNote`. */
export function webSearchTool(tool: Tool): object {
  const domains = strings(tool['allowed_domains']);
  const location = tool['user_location'];
  return {
    type: 'web_search',
    ...(domains.length > 0 && { filters: { allowed_domains: domains } }),
    ...(isFields(location) && { user_location: userLocation(location) }),
  };
}

/** What the search must not find: OpenAI knows only domains that are allowed. Undefined when nothing is to be said. */
export function searchNote(tool: Tool, { ledger }: RequestContext): string | undefined {
  if (typeof tool['max_uses'] === 'number') ledger.add('web_search.max_uses');
  const blocked = blockedDomains(tool);
  return blocked.length > 0 ? `Do not use or cite results from these domains: ${blocked.join(', ')}` : undefined;
}

export function blockedDomains(tool: Tool): string[] {
  return strings(tool['blocked_domains']);
}

const LOCATION_KEYS = ['city', 'country', 'region', 'timezone'] as const;

function userLocation(location: Readonly<Record<string, unknown>>): object {
  const known = LOCATION_KEYS.filter((key) => typeof location[key] === 'string');
  return { type: 'approximate', ...Object.fromEntries(known.map((key) => [key, location[key]])) };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

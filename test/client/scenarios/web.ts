import { expect } from '@jest/globals';
import type { Scenario } from '../harness/scenario.js';
import { call, text, textOf, toolResults } from '../harness/script.js';

const NOT_PUT_OFF = { ENABLE_TOOL_SEARCH: 'false' };

/** The client's own tools for the web. */
export const web: readonly Scenario[] = [
  {
    name: 'WebSearch where the upstream has no search',
    route: 'deepseek',
    call: ({ prompt, version }) => ({
      prompt,
      flags: ['--allowedTools', 'WebSearch'],
      env: version === '2.1.330' ? NOT_PUT_OFF : {},
    }),
    model: [call('WebSearch', { query: 'tide tables of Brest' }), text('I could not search.')],
    check: ({ result, client, main, upstream }) => {
      expect(result.result).toBe('I could not search.');
      expect(client.filter(({ body }) => body?.tools?.some(({ type }) => type?.startsWith('web_search')))).toHaveLength(
        1,
      );
      expect(toolResults(main[1])[0]).toContain('unavailable');
      expect(upstream.flatMap(({ tools }) => tools ?? []).map(({ type }) => type)).not.toContain('web_search_20250305');
    },
  },
  {
    name: 'WebFetch reads a page and has it summed up',
    settings: { skipWebFetchPreflight: true },
    pages: { '/tides': '<html><body><h1>Tides</h1><p>High water at noon.</p></body></html>' },
    call: ({ prompt, version }) => ({
      prompt,
      flags: ['--allowedTools', 'WebFetch'],
      env: version === '2.1.330' ? NOT_PUT_OFF : {},
    }),
    model: [call('WebFetch', { url: 'https://pages.test/tides', prompt: 'When is high water?' }), text('At noon.')],
    side: text('High water is at noon.'),
    outside: ['pages.test:443'],
    check: ({ result, main, upstream }) => {
      expect(result.result).toBe('At noon.');
      const summary = upstream.find(({ messages }) => textOf(messages.at(-1)).includes('High water at noon.'));
      expect(summary).toBeDefined();
      // The client sends an empty list of tools, which OpenAI refuses.
      expect(summary).not.toHaveProperty('tools');
      expect(toolResults(main[1])[0]).toContain('High water is at noon.');
    },
  },
  {
    name: 'WebFetch of a page that cannot be reached',
    settings: { skipWebFetchPreflight: true },
    call: ({ prompt, version }) => ({
      prompt,
      flags: ['--allowedTools', 'WebFetch'],
      env: version === '2.1.330' ? NOT_PUT_OFF : {},
    }),
    model: [call('WebFetch', { url: 'https://unreachable.test/', prompt: 'What is there?' }), text('Nothing.')],
    outside: ['unreachable.test:443'],
    check: ({ result, main }) => {
      expect(result.result).toBe('Nothing.');
      expect(toolResults(main[1])[0]).toMatch(/^\[tool error\] /);
    },
  },
];

import { describe, expect, it } from '@jest/globals';
import { decodeAnthropicRequest } from '../anthropic/decode-request.js';
import { jsonBody } from '../json-body.js';
import { BASE, text, TOOL, U } from '../testing/chat-request.js';
import { hostedSearch } from './hosted-search.js';

const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
const search = (more: object) =>
  hostedSearch(decodeAnthropicRequest(jsonBody(Buffer.from(JSON.stringify({ ...BASE, ...more })))));

describe('R40: hostedSearch', () => {
  it('recognises the side request of Claude Code’s WebSearch', () => {
    const messages = [U(text('Perform a web search for the query: größe heute'))];
    const forced = { type: 'tool', name: 'web_search' };
    expect(search({ tools: [SEARCH], tool_choice: forced, messages })).toEqual({
      tool: SEARCH,
      only: true,
      forced: true,
      query: 'größe heute',
    });
    expect(search({ tools: [SEARCH], tool_choice: { type: 'any' } })).toMatchObject({ forced: true });
    expect(search({ tools: [SEARCH], tool_choice: { type: 'auto' } })).toMatchObject({
      only: true,
      forced: false,
      query: 'hi',
    });
  });

  it('tells a search among other tools, and none', () => {
    expect(search({ tools: [TOOL, SEARCH], tool_choice: { type: 'any' } })).toMatchObject({
      only: false,
      forced: false,
    });
    expect(search({ tools: [TOOL] })).toBeUndefined();
    expect(search({})).toBeUndefined();
  });
});

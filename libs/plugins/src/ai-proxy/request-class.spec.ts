import { describe, expect, it } from '@jest/globals';
import { decodeAnthropicRequest, jsonBody } from '#libs/llm';
import { requestClass } from './request-class.js';

const CLAUDE_CODE = { 'user-agent': 'claude-cli/2.1.112 (external, cli)' };
const TOOLS = [{ name: 'Read', input_schema: { type: 'object' } }];
const MAIN = [{ type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude." }];

function classOf(body: object, headers: Record<string, string> = CLAUDE_CODE): string | undefined {
  const whole = { model: 'm', max_tokens: 32_000, messages: [{ role: 'user', content: 'hi' }], ...body };
  return requestClass(headers, decodeAnthropicRequest(jsonBody(Buffer.from(JSON.stringify(whole)))));
}
const asks = (content: unknown): object => ({ messages: [{ role: 'user', content }] });

describe('the class of a request of Claude Code', () => {
  it.each([
    ['main', { tools: TOOLS, system: MAIN }],
    ['web_search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['warmup', { ...asks('Warmup'), tools: [] }],
    ['quota', { ...asks('quota'), max_tokens: 1 }],
    [
      'compaction',
      {
        tools: TOOLS,
        ...asks([
          { type: 'text', text: 'an earlier one' },
          { type: 'text', text: 'Your task is to create a detailed summary of the conversation so far, …' },
        ]),
      },
    ],
    ['subagent', { tools: TOOLS, system: [...MAIN, { type: 'text', text: 'You are an agent for Claude Code, …' }] }],
    ['subagent', { tools: TOOLS, system: 'You are a file search specialist for Claude Code, …' }],
    ['title', { tools: [], system: "Analyze … two fields: 'isNewTopic' (boolean) and 'title'" }],
    ['title', { system: [{ type: 'text', text: 'Generate a concise, sentence-case title (3-7 words) …' }] }],
    ['auxiliary', { tools: [], ...asks('Web page content: …') }],
  ])('%s', (expected, body) => {
    expect(classOf(body)).toBe(expected);
  });

  it('is that of a subagent when the client names one', () => {
    expect(classOf({ tools: TOOLS }, { ...CLAUDE_CODE, 'x-claude-code-agent-id': 'a-1' })).toBe('subagent');
  });

  it('does not take a long conversation about titles for one', () => {
    expect(classOf({ tools: TOOLS, system: 'isNewTopic', ...asks('Write a sentence-case title') })).toBe('main');
  });

  it('is not guessed for other clients', () => {
    expect(classOf({ tools: TOOLS }, { 'user-agent': 'anthropic-sdk/1.0' })).toBeUndefined();
    expect(classOf({ tools: TOOLS }, {})).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { improviseSearch, improvise, sampleOf, withoutReminders, type DemoPrompt } from './demo-behaviour.js';
import { joined, type ModelReply } from './script/script.js';

const READ = {
  name: 'Read',
  parameters: {
    type: 'object',
    properties: { limit: { type: 'integer' }, file_path: { type: 'string' } },
    required: ['file_path'],
  },
};
const BASH = {
  name: 'Bash',
  parameters: {
    type: 'object',
    properties: { command: { type: 'string' }, description: { type: 'string' } },
    required: ['command', 'description'],
  },
};

const prompt = (patch: Partial<DemoPrompt>): DemoPrompt => ({
  model: 'gpt-5-mini',
  effort: undefined,
  userText: 'hello',
  toolOutput: undefined,
  tools: [],
  toolChoice: 'auto',
  schema: undefined,
  maxTokens: 1000,
  stop: [],
  ...patch,
});

const said = (reply: ModelReply): string =>
  reply.output.map((part) => (part.type === 'text' ? joined(part.pieces) : '')).join('');

const called = (reply: ModelReply): unknown =>
  reply.output.flatMap((part) =>
    part.type === 'toolCall' ? [{ [part.name]: JSON.parse(joined(part.pieces)) as unknown }] : [],
  )[0];

describe('improvise', () => {
  it('repeats what the user said, the same every time', () => {
    const reply = improvise(prompt({}));
    expect(said(reply)).toContain('“hello”');
    expect(improvise(prompt({}))).toEqual(reply);
  });

  it.each([
    ['Please read the file src/main.ts and explain it', { Read: { file_path: 'src/main.ts' } }],
    ['read `notes`', { Read: { file_path: 'notes' } }],
    ['Read ./package.json.', { Read: { file_path: './package.json' } }],
    ['run `npm test`', { Bash: { command: 'npm test', description: 'run `npm test`' } }],
    ['Run the command ls -la', { Bash: { command: 'ls -la', description: 'Run the command ls -la' } }],
  ])('calls the tool that “%s” asks for', (userText, expected) => {
    expect(called(improvise(prompt({ userText, tools: [READ, BASH] })))).toEqual(expected);
  });

  it('calls nothing without a fitting tool, against the choice, or after the output', () => {
    const asking = { userText: 'read the file a.txt' };
    expect(called(improvise(prompt({ ...asking, tools: [BASH] })))).toBeUndefined();
    expect(called(improvise(prompt({ ...asking, tools: [READ], toolChoice: 'none' })))).toBeUndefined();
    const after = improvise(prompt({ ...asking, tools: [READ], toolOutput: 'line 1' }));
    expect(called(after)).toBeUndefined();
    expect(said(after)).toContain('line 1');
  });

  it('calls a tool when it must', () => {
    expect(called(improvise(prompt({ tools: [READ, BASH], toolChoice: 'required' })))).toEqual({
      Read: { file_path: 'hello' },
    });
    expect(called(improvise(prompt({ tools: [READ, BASH], toolChoice: { name: 'Bash' } })))).toHaveProperty(
      'Bash.command',
    );
  });

  it('thinks by effort', () => {
    const tokens = (effort: DemoPrompt['effort']) =>
      improvise(prompt({ effort, maxTokens: 5000 })).output.flatMap((part) =>
        part.type === 'reasoning' ? [part.tokens] : [],
      );
    expect([tokens(undefined), tokens('none'), tokens('medium'), tokens('high')]).toEqual([[], [], [256], [1024]]);
  });

  it('stops at the limit; reasoning may use it up', () => {
    const short = improvise(prompt({ maxTokens: 4 }));
    expect(short.finish).toBe('length');
    expect(said(short).length).toBeGreaterThan(0);
    expect(said(short).length).toBeLessThanOrEqual(16);
    const empty = improvise(prompt({ maxTokens: 100, effort: 'medium' }));
    expect(empty.finish).toBe('length');
    expect(said(empty)).toBe('');
    expect(empty.output).toMatchObject([{ type: 'reasoning', tokens: 100 }]);
  });

  it('ends before a stop sequence', () => {
    expect(said(improvise(prompt({ stop: ['nothing', 'said'] })))).toBe('You ');
  });

  it('answers JSON when a schema is given', () => {
    const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
    expect(JSON.parse(said(improvise(prompt({ schema }))))).toEqual({ title: 'hello' });
  });
});

it('withoutReminders leaves the words of the user', () => {
  expect(
    withoutReminders('<system-reminder>\nbe brief\n</system-reminder>\nhi <system-reminder>x</system-reminder>'),
  ).toBe('hi');
});

describe('sampleOf', () => {
  it.each([
    [{ type: 'string' }, 'hint'],
    [{ type: ['integer', 'null'], minimum: 3 }, 3],
    [{ type: 'number' }, 0],
    [{ type: 'boolean' }, false],
    [{ type: 'null' }, null],
    [{ enum: ['b', 'a'] }, 'b'],
    [{ const: 7 }, 7],
    [{ anyOf: [{ type: 'boolean' }, { type: 'string' }] }, false],
    [{ type: 'array', items: { type: 'string' }, minItems: 2 }, ['hint', 'hint']],
    [{ type: 'array', items: { type: 'string' } }, []],
    [{ type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a'] }, { a: 'hint' }],
  ])('fits %j', (schema, value) => expect(sampleOf(schema, 'hint')).toEqual(value));
});

describe('improviseSearch', () => {
  it('searches for what is asked, and cites its result', () => {
    const { output } = improviseSearch('Perform a web search for the query: tides of Brest');
    expect(output).toMatchObject([
      { type: 'webSearch', query: 'tides of Brest' },
      { type: 'text', citations: [{ url: 'https://example.com/simulated', start: 0 }] },
    ]);
  });
});

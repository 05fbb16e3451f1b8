import { expect } from '@jest/globals';
import type { Scenario } from '../harness/scenario.js';
import { call, calls, text, toolNames, toolResults } from '../harness/script.js';

const SOURCE = 'export const answer = 41;\nexport const question = "six by nine";\n';
const BIG = Array.from({ length: 400 }, (_, line) => `${line}: "quoted" \\ 日本 ${'='.repeat(20)}`).join('\n');

/** One tool at a time. */
export const tools: readonly Scenario[] = [
  {
    name: 'Write makes a file',
    model: ({ path }) => [call('Write', { file_path: path('hello.txt'), content: 'hello\n' }), text('Written.')],
    check: ({ result, workspace, main }) => {
      expect(workspace.read('hello.txt')).toBe('hello\n');
      expect(result.result).toBe('Written.');
      expect(main).toHaveLength(2);
      expect(toolResults(main[1])).toHaveLength(1);
    },
  },
  {
    name: 'Write with a large text',
    model: ({ path }) => [call('Write', { file_path: path('big.txt'), content: BIG }), text('Written.')],
    check: ({ workspace }) => expect(workspace.read('big.txt')).toBe(BIG),
  },
  {
    name: 'Read shows a file to the model',
    files: { 'answer.ts': SOURCE },
    model: ({ path }) => [call('Read', { file_path: path('answer.ts') }), text('It says 41.')],
    check: ({ result, main }) => {
      expect(toolResults(main[1])[0]).toContain('export const answer = 41;');
      expect(result.result).toBe('It says 41.');
    },
  },
  {
    name: 'Edit changes a file',
    files: { 'answer.ts': SOURCE },
    model: ({ path }) => [
      call('Read', { file_path: path('answer.ts') }),
      call('Edit', { file_path: path('answer.ts'), old_string: 'answer = 41', new_string: 'answer = 42' }),
      text('Edited.'),
    ],
    check: ({ workspace, main }) => {
      expect(workspace.read('answer.ts')).toBe(SOURCE.replace('41', '42'));
      expect(main).toHaveLength(3);
    },
  },
  {
    name: 'several edits of one file in one turn',
    files: { 'answer.ts': SOURCE },
    model: ({ path }) => [
      call('Read', { file_path: path('answer.ts') }),
      calls([
        ['Edit', { file_path: path('answer.ts'), old_string: '41', new_string: '42' }],
        ['Edit', { file_path: path('answer.ts'), old_string: 'export', new_string: 'declare', replace_all: true }],
      ]),
      text('Edited twice.'),
    ],
    check: ({ workspace, main }) => {
      expect(workspace.read('answer.ts')).toBe(SOURCE.replace('41', '42').replaceAll('export', 'declare'));
      expect(toolResults(main[2])).toHaveLength(3);
    },
  },
  {
    name: 'Bash runs a command',
    model: [call('Bash', { command: 'echo "sum: $((40 + 2))"', description: 'Adds' }), text('42.')],
    check: ({ result, main }) => {
      expect(toolResults(main[1])).toEqual([expect.stringContaining('sum: 42')]);
      expect(result.result).toBe('42.');
    },
  },
  {
    name: 'a failing command is told as an error',
    model: [call('Bash', { command: 'echo broken >&2; exit 3', description: 'Fails' }), text('It failed.')],
    check: ({ main }) => {
      expect(toolResults(main[1])[0]).toMatch(/^\[tool error\] .*broken/s);
    },
  },
  {
    name: 'a forbidden tool is told as an error',
    call: { flags: [] },
    model: ({ path }) => [call('Write', { file_path: path('no.txt'), content: 'no' }), text('Not allowed.')],
    check: ({ result, workspace, main }) => {
      expect(workspace.read('no.txt')).toBeUndefined();
      expect(toolResults(main[1])[0]).toMatch(/^\[tool error\] /);
      expect(result.permission_denials).toHaveLength(1);
    },
  },
  {
    name: 'a tool that does not exist is told as an error',
    model: [call('Teleport', { to: 'Mars' }), text('There is no such tool.')],
    check: ({ result, main }) => {
      expect(toolResults(main[1])[0]).toMatch(/^\[tool error\] .*Teleport/s);
      expect(result.result).toBe('There is no such tool.');
    },
  },
  {
    name: 'arguments that the tool refuses are told as an error',
    model: [call('Read', { path: 'wrong-name.txt' }), text('Wrong arguments.')],
    check: ({ main }) => expect(toolResults(main[1])[0]).toMatch(/^\[tool error\] .*InputValidationError/s),
  },
  {
    name: 'Glob and Grep find files',
    versions: ['2.0.37', '2.1.112'],
    files: { 'src/answer.ts': SOURCE, 'src/empty.ts': '' },
    model: [call('Glob', { pattern: '**/*.ts' }), call('Grep', { pattern: 'answer' }), text('Found.')],
    check: ({ main }) => {
      expect(toolResults(main[2])).toEqual([
        expect.stringContaining('src/empty.ts'),
        expect.stringContaining('answer.ts'),
      ]);
    },
  },
  {
    name: 'TodoWrite keeps a list',
    versions: ['2.0.37', '2.1.112'],
    model: [
      call('TodoWrite', { todos: [{ content: 'Test', status: 'in_progress', activeForm: 'Testing' }] }),
      text('Listed.'),
    ],
    check: ({ main }) => expect(toolResults(main[1])[0]).toMatch(/Todos have been modified/),
  },
  {
    name: 'a tool is searched for, then called',
    versions: ['2.1.330'],
    model: [call('ToolSearch', { query: 'select:CronList', max_results: 5 }), call('CronList', {}), text('No jobs.')],
    check: ({ result, main }) => {
      expect(toolNames(main[0])).not.toContain('CronList');
      expect(toolNames(main[0])).not.toContain('DeferredToolPlaceholder');
      expect(toolResults(main[1])[0]).toContain('CronList');
      expect(toolNames(main[1])).toContain('CronList');
      expect(toolResults(main[2])).toHaveLength(2);
      expect(result.result).toBe('No jobs.');
    },
  },
  {
    name: 'all tools at once, none put off',
    versions: ['2.1.330'],
    call: { env: { ENABLE_TOOL_SEARCH: 'false' } },
    model: [call('CronList', {}), text('No jobs.')],
    check: ({ main }) => {
      expect(toolNames(main[0]).length).toBeGreaterThan(15);
      expect(toolResults(main[1])).toHaveLength(1);
    },
  },
  {
    name: 'a notebook is edited',
    versions: ['2.0.37', '2.1.112'],
    files: {
      'a.ipynb': JSON.stringify({
        cells: [{ cell_type: 'code', id: 'c1', metadata: {}, source: ['1 + 1'], outputs: [], execution_count: null }],
        metadata: { language_info: { name: 'python' } },
        nbformat: 4,
        nbformat_minor: 5,
      }),
    },
    model: ({ path }) => [
      call('Read', { file_path: path('a.ipynb') }),
      call('NotebookEdit', { notebook_path: path('a.ipynb'), cell_id: 'c1', new_source: '2 + 2' }),
      text('Edited.'),
    ],
    check: ({ workspace, main }) => {
      expect(workspace.read('a.ipynb')).toContain('2 + 2');
      expect(main).toHaveLength(3);
    },
  },
  {
    name: 'a large result of a tool',
    model: [call('Bash', { command: 'seq 1 4000', description: 'Counts' }), text('Many.')],
    check: ({ main }) => expect(toolResults(main[1])[0]?.length).toBeGreaterThan(5000),
  },
];

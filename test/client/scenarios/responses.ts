import { expect } from '@jest/globals';
import { png } from '../fixtures/media.js';
import { blocksOf } from '../harness/claude.js';
import { itemsOf } from '../harness/items.js';
import type { Scenario } from '../harness/scenario.js';
import {
  brokenResponse,
  call,
  calls,
  failure,
  reasoning,
  reply,
  text,
  textOf,
  textPart,
  toolResults,
  webSearch,
} from '../harness/script.js';

const NEWEST = ['2.1.330'] as const;
const SOURCES = ['https://tides.example/brest', 'https://sea.example/tables'];
const ANSWER = 'High water in Brest is at noon.';

/** One step of thought: summary, words and a command. */
const step = (n: number) =>
  reply([
    reasoning([`Step ${n}.`, 'It must be done.'], { id: `rs_step_${n}` }),
    textPart(`Now ${n}.`),
    ...call('Bash', { command: `echo step-${n}`, description: `Step ${n}` }).output,
  ]);

/** The same client on a model that is asked through the Responses API, whose strict fake checks every item it gets back. */
export const responses: readonly Scenario[] = [
  {
    name: 'Responses: reasoning over three tool turns',
    route: 'responses',
    call: { flags: ['--allowedTools', 'Bash'], env: { MAX_THINKING_TOKENS: '8000' } },
    model: [step(1), step(2), step(3), reply([reasoning('Done.'), textPart('All three steps.')])],
    check: ({ run, result, main }) => {
      expect(result.result).toBe('All three steps.');
      const last = itemsOf(main[3]);
      expect(last.filter(({ type }) => type === 'reasoning').map(({ id }) => id)).toEqual(
        [1, 2, 3].map((n) => `rs_step_${n}`),
      );
      const turn = last.findIndex(({ type }) => type === 'reasoning');
      expect(last.slice(turn, turn + 4).map(({ type }) => type)).toEqual([
        'reasoning',
        'message',
        'function_call',
        'function_call_output',
      ]);
      expect(toolResults(main[3]).map((output) => output.trim())).toEqual(['step-1', 'step-2', 'step-3']);
      const thoughts = blocksOf(run).filter(({ type }) => type === 'thinking');
      expect(thoughts[0]?.thinking).toBe('Step 1.\n\nIt must be done.');
    },
  },
  {
    name: 'Responses: three calls in one turn, and an image as a result',
    route: 'responses',
    files: { 'dot.png': png() },
    model: ({ path }) => [
      calls(
        [
          ['Write', { file_path: path('a.txt'), content: 'a' }],
          ['Bash', { command: 'echo c', description: 'Says c' }],
          ['Read', { file_path: path('dot.png') }],
        ],
        { say: 'All at once.' },
      ),
      text('Done.'),
    ],
    check: ({ result, workspace, main }) => {
      expect(result.result).toBe('Done.');
      expect(workspace.read('a.txt')).toBe('a');
      const outputs = itemsOf(main[1]).filter(({ type }) => type === 'function_call_output');
      expect(outputs).toHaveLength(3);
      expect(JSON.stringify(outputs[2]?.output)).toContain('"input_image"');
    },
  },
  {
    name: 'Responses: WebSearch with links',
    route: 'responses',
    call: ({ prompt, version }) => ({
      prompt,
      flags: ['--allowedTools', 'WebSearch'],
      env: version === '2.1.330' ? { ENABLE_TOOL_SEARCH: 'false' } : {},
    }),
    model: [call('WebSearch', { query: 'tide tables of Brest' }), text('At noon.')],
    others: [
      {
        marker: 'Perform a web search',
        turns: [
          reply([
            webSearch('tide tables of Brest', SOURCES),
            textPart(ANSWER, [{ url: SOURCES[0]!, title: 'Tides of Brest', start: 0, end: 10 }]),
          ]),
        ],
      },
    ],
    check: ({ result, main, upstream }) => {
      expect(result.result).toBe('At noon.');
      const [found = ''] = toolResults(main[1]);
      for (const part of [ANSWER, 'Tides of Brest', ...SOURCES]) expect(found).toContain(part);
      const search = upstream.find(({ tools }) => tools?.some(({ type }) => type === 'web_search'));
      expect(search?.tools).toHaveLength(1);
    },
  },
  {
    name: 'Responses: a session is resumed by its id',
    versions: NEWEST,
    route: 'responses',
    model: [
      reply([reasoning('Where was it?', { id: 'rs_cellar' }), textPart('The treasure is in the cellar.')]),
      text('In the cellar, as I said.'),
    ],
    play: async ({ claude, prompt }) => {
      const first = await claude({ prompt });
      await claude({ prompt: 'Where was it?', flags: ['--resume', first.result?.session_id ?? ''] });
    },
    check: ({ result, main }) => {
      expect(result.result).toBe('In the cellar, as I said.');
      expect(main[1]!.messages.filter(({ role }) => role === 'assistant').map(textOf)).toEqual([
        'The treasure is in the cellar.',
      ]);
    },
  },
  {
    name: 'Responses: the client counts its context',
    versions: NEWEST,
    route: 'responses',
    call: { prompt: '/context' },
    model: [text('Never asked.')],
    check: ({ run, records, upstream, client }) => {
      const counts = client.filter(({ url }) => url.includes('/v1/messages/count_tokens'));
      expect(counts.length).toBeGreaterThanOrEqual(8);
      expect(upstream.length).toBeGreaterThan(0);
      expect(new Set(records.map(({ response }) => response.status))).toEqual(new Set([200]));
      expect(run.stdout).toContain('## Context Usage');
    },
  },
  {
    name: 'Responses: an upstream that is overloaded for a moment',
    versions: NEWEST,
    route: 'responses',
    model: [[failure(503, { message: 'The server is overloaded', type: 'server_error' }), text('Here again.')]],
    outcomes: ['upstream_failed'],
    check: ({ result }) => expect(result.result).toBe('Here again.'),
  },
  {
    name: 'Responses: a stream that is cut in the middle',
    versions: NEWEST,
    route: 'responses',
    model: [[brokenResponse('The first words, and then'), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: ({ result, transcript }) => {
      expect(result.result).toBe('Whole.');
      expect(transcript).toContain('event: error');
    },
  },
];

import {
  chunk,
  comment,
  data,
  DONE,
  errorFrame,
  fin,
  toolDelta,
  use,
} from '../../../apps/simulated-openai/src/index.js';
import type { Fields } from './requests.js';

/** One row of the streaming part of the conformance table. */
export interface StreamCase {
  readonly id: string;
  readonly what: string;
  /** Default `c4`. */
  readonly route?: 'c4' | 'ds';
  /** The upstream's whole body, as its frames. */
  readonly frames: readonly string[];
  /** What the client gets, on one line; see `transcript`. */
  readonly transcript: string;
  /** Exact members of the usage at the end. Default: whatever the frames tell is not looked at. */
  readonly usage?: Fields;
  /**
   * How the message relates to the one that is not streamed. `reordered`: that one cannot tell in which order text, thinking
   * and calls came. `cut`: it leaves out the call that the limit has cut. `none`: the answer failed.
   */
  readonly whole?: 'reordered' | 'cut' | 'none';
}

const start = (index: number, id: string, name: string, args = ''): string => toolDelta(index, { id, name, args });
const more = (index: number, args: unknown): string => toolDelta(index, { args });
const ROLE = chunk({ role: 'assistant', content: '' });
const END = [fin('stop'), use(5, 2), DONE];
const CALLED = [fin('tool_calls'), use(5, 2), DONE];

const T01 = [ROLE, chunk({ content: 'He' }), chunk({ content: 'llo' }), ...END];
const HELLO = 'MS · S0:text · D0"He" · D0"llo" · P0 · MD(end_turn) · ME';
const USED = { input_tokens: 5, output_tokens: 2, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };

/** The same frames, written in another way. */
const rewritten = (write: (body: string) => string): string[] => [write(T01.join(''))];

const OVERLOADED = errorFrame({ message: 'overloaded', type: 'server_error' });

export const STREAM_CASES: readonly StreamCase[] = [
  { id: 'T01', what: 'text', frames: T01, transcript: HELLO, usage: USED },
  {
    id: 'T02',
    what: 'chunks that say nothing',
    frames: [ROLE, chunk({}), chunk({ content: null }), chunk({ content: 'x' }), ...END],
    transcript: 'MS · S0:text · D0"x" · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T03',
    what: 'text, then a call in pieces',
    frames: [chunk({ content: 'a' }), start(0, 'c1', 'Read'), more(0, '{"p":'), more(0, '"x"}'), ...CALLED],
    transcript: 'MS · S0:text · D0"a" · P0 · S1:tool_use(c1 Read) · D1`{"p":` · D1`"x"}` · P1 · MD(tool_use) · ME',
  },
  {
    id: 'T04',
    what: 'text behind a call',
    frames: [start(0, 'c1', 'Read', '{"p":"x"}'), chunk({ content: 'b' }), ...CALLED],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":"x"}` · P0 · S1:text · D1"b" · P1 · MD(tool_use) · ME',
    whole: 'reordered',
  },
  {
    id: 'T05',
    what: 'two calls, their pieces mixed',
    frames: [
      start(0, 'c1', 'Read'),
      start(1, 'c2', 'Write'),
      more(0, '{"a":'),
      more(1, '{"b":2}'),
      more(0, '1}'),
      ...CALLED,
    ],
    transcript:
      'MS · S0:tool_use(c1 Read) · D0`{"a":` · D0`1}` · P0 · S1:tool_use(c2 Write) · D1`{"b":2}` · P1 · MD(tool_use) · ME',
  },
  {
    id: 'T06',
    what: 'a call whose name comes late',
    frames: [toolDelta(0, { id: 'c1' }), toolDelta(0, { name: 'Read' }), more(0, '{"p":"x"}'), ...CALLED],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":"x"}` · P0 · MD(tool_use) · ME',
  },
  {
    id: 'T07',
    what: 'a whole call together with the end',
    frames: [
      data({
        choices: [
          {
            index: 0,
            delta: {
              tool_calls: [
                { index: 0, id: 'c1', type: 'function', function: { name: 'Read', arguments: '{"p":"x"}' } },
              ],
            },
            finish_reason: 'tool_calls',
          },
        ],
      }),
      use(5, 2),
      DONE,
    ],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":"x"}` · P0 · MD(tool_use) · ME',
  },
  {
    id: 'T08',
    what: 'an index that is used again for the next call',
    frames: [start(0, 'c1', 'Read', '{"p":"x"}'), start(0, 'c2', 'Read', '{"p":"y"}'), ...CALLED],
    transcript:
      'MS · S0:tool_use(c1 Read) · D0`{"p":"x"}` · P0 · S1:tool_use(c2 Read) · D1`{"p":"y"}` · P1 · MD(tool_use) · ME',
  },
  {
    id: 'T09',
    what: 'two pieces of one call in one chunk',
    frames: [
      start(0, 'c1', 'Read'),
      chunk({
        tool_calls: [
          { index: 0, function: { arguments: '{"p":' } },
          { index: 0, function: { arguments: '"x"}' } },
        ],
      }),
      ...CALLED,
    ],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":` · D0`"x"}` · P0 · MD(tool_use) · ME',
  },
  {
    id: 'T10',
    what: 'an empty list of calls beside text',
    frames: [chunk({ content: 'x', tool_calls: [] }), ...END],
    transcript: 'MS · S0:text · D0"x" · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T11',
    what: 'arguments as an object',
    frames: [start(0, 'c1', 'Read'), more(0, { p: 'x' }), ...CALLED],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":"x"}` · P0 · MD(tool_use) · ME',
  },
  {
    id: 'T12',
    what: 'reasoning, then text',
    route: 'ds',
    frames: [chunk({ reasoning_content: 'r1' }), chunk({ reasoning_content: 'r2' }), chunk({ content: 'a' }), ...END],
    transcript: 'MS · S0:thinking · D0"r1" · D0"r2" · D0:signature · P0 · S1:text · D1"a" · P1 · MD(end_turn) · ME',
  },
  {
    id: 'T12',
    what: 'reasoning between tags in the text',
    route: 'ds',
    frames: ['\n<thi', 'nk>\nr1', 'r2\n</th', 'ink', '>\n', '\na'].map((content) => chunk({ content })).concat(END),
    transcript: 'MS · S0:thinking · D0"r1" · D0"r2" · D0:signature · P0 · S1:text · D1"a" · P1 · MD(end_turn) · ME',
  },
  {
    id: 'T12',
    what: 'reasoning between tags, then a call',
    route: 'ds',
    frames: [chunk({ content: '<think>r</think>' }), start(0, 'c1', 'Read', '{"p":"x"}'), ...CALLED],
    transcript:
      'MS · S0:thinking · D0"r" · D0:signature · P0 · S1:tool_use(c1 Read) · D1`{"p":"x"}` · P1 · MD(tool_use) · ME',
  },
  {
    id: 'T12',
    what: 'tags that an answer speaks of',
    route: 'ds',
    frames: [chunk({ content: 'Write <' }), chunk({ content: 'think>a</think>.' }), ...END],
    transcript: 'MS · S0:text · D0"Write <" · D0"think>a</think>." · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T13',
    what: 'reasoning between texts',
    route: 'ds',
    frames: [chunk({ content: 'a' }), chunk({ reasoning_content: 'r' }), chunk({ content: 'b' }), ...END],
    transcript:
      'MS · S0:text · D0"a" · P0 · S1:thinking · D1"r" · D1:signature · P1 · S2:text · D2"b" · P2 · MD(end_turn) · ME',
    whole: 'reordered',
  },
  {
    id: 'T14',
    what: 'usage behind the end, some of it cached',
    frames: [chunk({ content: 'a' }), fin('stop'), use(50, 5, { cached: 20, reasoning: 3 }), DONE],
    transcript: 'MS · S0:text · D0"a" · P0 · MD(end_turn) · ME',
    usage: {
      input_tokens: 30,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 0,
      output_tokens: 5,
      output_tokens_details: { thinking_tokens: 3 },
    },
  },
  {
    id: 'T15',
    what: 'no usage at all',
    frames: [chunk({ content: 'a few words' }), fin('stop'), DONE],
    transcript: 'MS · S0:text · D0"a few words" · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T16',
    what: 'an end without [DONE]',
    frames: T01.slice(0, -1),
    transcript: HELLO,
    usage: USED,
  },
  {
    id: 'T16',
    what: 'an end without usage and [DONE]',
    frames: T01.slice(0, -2),
    transcript: HELLO,
  },
  {
    id: 'T17',
    what: 'an end in the middle',
    frames: [chunk({ content: 'abc' })],
    transcript: 'MS · S0:text · D0"abc" · ERR(api_error)',
    whole: 'none',
  },
  {
    id: 'T18',
    what: 'an error in the middle',
    frames: [chunk({ content: 'a' }), OVERLOADED],
    transcript: 'MS · S0:text · D0"a" · ERR(overloaded_error)',
    whole: 'none',
  },
  {
    id: 'T20',
    what: 'characters of four bytes',
    frames: [chunk({ content: 'He😀' }), chunk({ content: '𠮷llo é' }), ...END],
    transcript: 'MS · S0:text · D0"He😀" · D0"𠮷llo é" · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T21',
    what: 'CRLF',
    frames: rewritten((body) => body.replaceAll('\n', '\r\n')),
    transcript: HELLO,
    usage: USED,
  },
  { id: 'T21', what: 'CR', frames: rewritten((body) => body.replaceAll('\n', '\r')), transcript: HELLO, usage: USED },
  {
    id: 'T21',
    what: 'comments',
    frames: T01.flatMap((frame) => [comment('keep-alive'), frame]),
    transcript: HELLO,
    usage: USED,
  },
  { id: 'T21', what: 'a byte order mark', frames: ['\ufeff', ...T01], transcript: HELLO, usage: USED },
  {
    id: 'T21',
    what: 'no space behind data:',
    frames: rewritten((body) => body.replaceAll('data: ', 'data:')),
    transcript: HELLO,
    usage: USED,
  },
  {
    id: 'T21',
    what: 'no blank line at the end',
    frames: rewritten((body) => body.slice(0, -2)),
    transcript: HELLO,
    usage: USED,
  },
  {
    id: 'T22',
    what: 'filter results and other choices',
    frames: [
      data({ choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] }),
      data({ choices: [{ index: 1, delta: { content: 'no' }, finish_reason: null }] }),
      data({
        choices: [
          { index: 1, delta: { content: 'no' }, finish_reason: 'stop' },
          { index: 0, delta: { content: 'yes' }, finish_reason: null },
        ],
      }),
      ...END,
    ],
    transcript: 'MS · S0:text · D0"yes" · P0 · MD(end_turn) · ME',
  },
  {
    id: 'T23',
    what: 'a call cut by the limit',
    frames: [start(0, 'c1', 'Read'), more(0, '{"p":'), fin('length'), use(5, 2), DONE],
    transcript: 'MS · S0:tool_use(c1 Read) · D0`{"p":` · MD(max_tokens) · ME',
    usage: USED,
    whole: 'cut',
  },
];

/** T19: the same error as in T18 before anything else. It is no stream, so it stands apart. */
export const EARLY_ERROR: readonly string[] = [OVERLOADED];

export const title = ({ id, what }: StreamCase): string => `${id} ${what}`;

import { expect } from '@jest/globals';
import { pdf, png } from '../fixtures/media.js';
import type { Scenario } from '../harness/scenario.js';
import { call, calls, text, toolResults, type ChatRequest } from '../harness/script.js';

const PICTURE = png(32);
const PAPER = pdf('Hello from a page');

/** Pictures and PDF files, which OpenAI takes only from a user. */
export const media: readonly Scenario[] = [
  {
    name: 'Read of a picture',
    files: { 'red.png': PICTURE },
    model: ({ path }) => [call('Read', { file_path: path('red.png') }), text('Red.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Red.');
      expect(toolResults(main[1])).toHaveLength(1);
      expect(partTypes(main[1]!, 'user')).toContain('image_url');
    },
  },
  {
    name: 'Read of two pictures in one turn',
    files: { 'red.png': PICTURE, 'blue.png': png(32, [0, 0, 255]) },
    model: ({ path }) => [
      calls([
        ['Read', { file_path: path('red.png') }],
        ['Read', { file_path: path('blue.png') }],
      ]),
      text('Red and blue.'),
    ],
    check: ({ main }) => {
      expect(toolResults(main[1])).toHaveLength(2);
      expect(partTypes(main[1]!, 'user').filter((type) => type === 'image_url')).toHaveLength(2);
    },
  },
  {
    name: 'Read of a PDF',
    files: { 'paper.pdf': PAPER },
    model: ({ path }) => [call('Read', { file_path: path('paper.pdf') }), text('It says hello.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('It says hello.');
      expect(toolResults(main[1])).toHaveLength(1);
      expect(partTypes(main[1]!, 'user')).toContain('file');
      expect(JSON.stringify(main[1]!.messages)).toContain(`data:application/pdf;base64,${PAPER.toString('base64')}`);
    },
  },
  {
    name: 'a picture mentioned in the prompt',
    files: { 'red.png': PICTURE },
    prompt: 'What colour has @red.png ?',
    model: [text('Red.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Red.');
      expect(JSON.stringify(main[0]!.messages)).toContain('data:image/png;base64,');
    },
  },
  {
    name: 'a picture in a message on standard input',
    prompt: 'The colour of this picture, please.',
    call: ({ prompt }) => ({
      prompt: undefined,
      flags: ['--input-format', 'stream-json'],
      stdin: `${JSON.stringify({
        type: 'user',
        session_id: '',
        parent_tool_use_id: null,
        message: {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE.toString('base64') } },
            { type: 'text', text: prompt },
          ],
        },
      })}\n`,
    }),
    model: [text('Red.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Red.');
      expect(partTypes(main[0]!, 'user')).toContain('image_url');
    },
  },
];

function partTypes(request: ChatRequest, role: string): string[] {
  return request.messages
    .filter((message) => message.role === role)
    .flatMap(({ content }) => (Array.isArray(content) ? content.map((part: { type: string }) => part.type) : []));
}

import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { parseAnthropicStream, parseUnfinishedStream, transcript, type AnthropicEvent } from './sse.js';

const frame = (event: object & { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const event = fc.record({
  type: fc.constantFrom('ping', 'message_stop', 'content_block_delta'),
  index: fc.nat(9),
  delta: fc.record({ type: fc.constant('text_delta'), text: fc.string({ unit: 'binary' }) }),
});

describe('parseAnthropicStream', () => {
  it('reads back every list of events', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        expect(parseAnthropicStream(events.map(frame).join(''))).toEqual(JSON.parse(JSON.stringify(events)));
      }),
    );
  });

  it('reads a part of a stream up to its last complete frame, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), fc.nat(), (events, at) => {
        const bytes = Buffer.from(events.map(frame).join(''));
        const part = bytes.subarray(0, at % (bytes.length + 1));
        const complete = part.toString('latin1').split('\n\n').length - 1;
        expect(parseUnfinishedStream(part)).toEqual(JSON.parse(JSON.stringify(events.slice(0, complete))));
      }),
    );
  });

  it.each([
    ['no event line', 'data: {"type":"ping"}\n\n'],
    ['no data line', 'event: ping\n\n'],
    ['another name than type', 'event: ping\ndata: {"type":"pong"}\n\n'],
    ['CRLF', 'event: ping\r\ndata: {"type":"ping"}\r\n\r\n'],
    ['two data lines', 'event: ping\ndata: {"type":\ndata: "ping"}\n\n'],
    ['the end of another protocol', 'data: [DONE]\n\n'],
    ['a comment', ': hello\n\n'],
    ['an empty frame', 'event: ping\ndata: {"type":"ping"}\n\n\n\n'],
    ['broken JSON', 'event: ping\ndata: {"type":"ping"\n\n'],
    ['an open end', 'event: ping\ndata: {"type":"ping"}\n'],
  ])('refuses %s', (_what, stream) => expect(() => parseAnthropicStream(stream)).toThrow());

  it('refuses what is not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('event: ping\ndata: {"type":"ping","x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n\n'),
    ]);
    expect(() => parseAnthropicStream(bytes)).toThrow('not UTF-8');
  });
});

describe('transcript', () => {
  it('puts a stream on one line', () => {
    const events: AnthropicEvent[] = [
      { type: 'message_start' },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'r' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 's' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'ping' },
      { type: 'content_block_start', index: 1, content_block: { type: 'text' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'He"' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'c1', name: 'Read' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"p":' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null } },
      { type: 'message_stop' },
    ];
    expect(transcript(events)).toBe(
      'MS · S0:thinking · D0"r" · D0:signature · P0 · PING · S1:text · D1"He\\"" · P1 · S2:tool_use(c1 Read) · D2`{"p":` · P2 · MD(tool_use) · ME',
    );
  });

  it('shows errors and stop sequences', () => {
    expect(
      transcript([
        { type: 'message_delta', delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' } },
        { type: 'error', error: { type: 'api_error' } },
      ]),
    ).toBe('MD(stop_sequence "END") · ERR(api_error)');
  });
});

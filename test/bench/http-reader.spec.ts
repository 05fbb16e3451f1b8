import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { HttpFault, HttpReader } from './http-reader.mjs';

interface Message {
  head: string;
  body: string;
}

/** Feeds the slices to a reader and returns the complete messages it found. */
function read(slices: readonly Buffer[]): Message[] {
  const messages: Message[] = [];
  let message: Message = { head: '', body: '' };
  const reader = new HttpReader({
    onHead: (head: string) => {
      message = { head, body: '' };
    },
    onBody: (slice: Buffer) => {
      message.body += slice.toString('latin1');
    },
    onEnd: () => {
      messages.push(message);
    },
  });
  for (const slice of slices) reader.push(slice);
  reader.close();
  return messages;
}

function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const edges = [0, ...positions.map((position) => position % bytes.length).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

const body = fc.string({ unit: 'binary-ascii', maxLength: 200 });

function sized(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

function chunked(pieces: readonly string[]): string {
  const chunks = pieces
    .filter((piece) => piece.length > 0)
    .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`;
}

describe('HttpReader', () => {
  it('finds the same messages wherever the bytes are cut', () => {
    const message = fc.oneof(
      body.map((text) => ({ wire: sized(text), text })),
      fc.array(body, { maxLength: 5 }).map((pieces) => ({ wire: chunked(pieces), text: pieces.join('') })),
    );
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), fc.array(fc.nat()), (messages, positions) => {
        const wire = Buffer.from(messages.map((one) => one.wire).join(''), 'latin1');
        expect(read(cut(wire, positions)).map((one) => one.body)).toEqual(messages.map((one) => one.text));
      }),
    );
  });

  it('notices that the connection ended in the middle of a message', () => {
    fc.assert(
      fc.property(fc.oneof(body.map(sized), fc.array(body).map(chunked)), fc.nat(), (wire, position) => {
        const bytes = Buffer.from(wire, 'latin1');
        const end = 1 + (position % (bytes.length - 1));
        expect(() => read([bytes.subarray(0, end)])).toThrow(HttpFault);
      }),
    );
  });

  it.each([
    ['a message without a length', 'HTTP/1.1 200 OK\r\nserver: x\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['a chunk that is longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['a head without an end', 'x'.repeat(70_000)],
  ])('refuses %s', (_, wire) => {
    expect(() => read([Buffer.from(wire)])).toThrow(HttpFault);
  });
});

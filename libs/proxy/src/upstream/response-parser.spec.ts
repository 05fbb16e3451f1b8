import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import type { ResponseHead } from './response-head.js';
import { ResponseParser } from './response-parser.js';

interface Parsed {
  readonly head: ResponseHead | undefined;
  readonly content: string;
  readonly ended: boolean;
  /** Nothing was left over. */
  readonly clean: boolean;
  /** Calls with content, one a read at most. */
  readonly pieces: number;
}

/** Pushes reads through a parser, each in a buffer that is overwritten afterwards, as a connection's is. */
function parse(reads: readonly Buffer[], { bodyless = false, closes = false } = {}): Parsed {
  const content: Buffer[] = [];
  let head: ResponseHead | undefined;
  let ends = 0;
  const parser = new ResponseParser({
    onHead: (found) => (head = found),
    onContent: (bytes) => content.push(Buffer.from(bytes)),
    onEnd: () => (ends += 1),
  });
  parser.expect(bodyless);
  let clean = true;
  for (const read of reads) {
    const buffer = Buffer.alloc(read.length + 7, 'x');
    read.copy(buffer);
    clean = parser.push(buffer, read.length) && clean;
    buffer.fill('x');
  }
  if (closes) parser.finish();
  expect(ends).toBeLessThan(2);
  return { head, content: Buffer.concat(content).toString('latin1'), ended: ends === 1, clean, pieces: content.length };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).flatMap((end, i) => {
    const read = bytes.subarray(at[i], end);
    return read.length > 0 ? [read] : [];
  });
}

const chunked = (pieces: readonly string[], extension: string, trailer: string): string =>
  pieces.map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`).join('') +
  `0${extension}\r\n${trailer}\r\n`;

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString('latin1'));
const cuts = fc.array(fc.nat(5000), { maxLength: 12 });

describe('ResponseParser', () => {
  it('finds the content of any framing, wherever the network cuts', () => {
    const pieces = fc.array(
      bytes.filter((piece) => piece !== ''),
      { maxLength: 8 },
    );
    const interim = fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n');
    const extension = fc.constantFrom('', ';a=b', ' ; x="y"');
    const trailer = fc.constantFrom('', 'x-trailer: 1\r\n', 'a: 1\r\nb: 2\r\n');
    fc.assert(
      fc.property(
        pieces,
        interim,
        extension,
        trailer,
        fc.constantFrom('sized', 'chunked', 'close'),
        cuts,
        (parts, before, ext, end, framing, at) => {
          const content = parts.join('');
          const [field, body] = {
            sized: [`Content-Length: ${content.length}\r\n`, content],
            chunked: ['Transfer-Encoding: chunked\r\n', chunked(parts, ext, end)],
            close: ['', content],
          }[framing] as [string, string];
          const response = `${before}HTTP/1.1 200 OK\r\nX-A: 1\r\n${field}\r\n${body}`;
          const reads = cut(Buffer.from(response, 'latin1'), at);
          const parsed = parse(reads, { closes: framing === 'close' });
          expect(parsed).toMatchObject({
            content,
            ended: true,
            clean: true,
            head: { status: 200, headers: { 'x-a': '1' } },
          });
          expect(parsed.pieces).toBeLessThanOrEqual(reads.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes any bytes without going on for ever', () => {
    const noise = fc.array(
      fc.oneof(bytes, fc.constantFrom('\r\n', '\r', '\n', '0', 'HTTP/1.1 200 OK\r\n', ': ', '\r\n\r\n')),
    );
    fc.assert(
      fc.property(noise, cuts, (parts, at) => {
        const text = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${parts.join('')}`;
        try {
          expect(parse(cut(Buffer.from(text, 'latin1'), at)).content.length).toBeLessThanOrEqual(text.length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'MalformedResponse' });
        }
      }),
    );
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
    ['304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', false],
    ['no content', 'HTTP/1.1 200\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n', false],
  ])('expects no body: %s', (_, response, bodyless) => {
    expect(parse([Buffer.from(response)], { bodyless })).toMatchObject({ ended: true, clean: true, content: '' });
  });

  it('tells what follows a response, and that one is not complete', () => {
    const response = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1');
    expect(parse([response])).toMatchObject({ ended: true, clean: false, content: 'ok' });
    expect(parse([response.subarray(0, 39)], { closes: true })).toMatchObject({ ended: false, content: 'o' });
  });

  it('reads headers as node does', () => {
    const head =
      'HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nset-cookie:b\r\nX-Empty:\r\nX-Space: \t c d \t\r\n__proto__: x\r\n';
    expect(parse([Buffer.from(`${head}content-length: 0\r\n\r\n`)]).head).toMatchObject({
      headers: { 'set-cookie': ['a', 'b'], 'x-empty': '', 'x-space': 'c d', 'content-length': '0' },
      keepAlive: true,
      keepAliveFor: undefined,
    });
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=9\r\n\r\n', true, 5000],
    ['HTTP/1.1 200 OK\r\nConnection: Upgrade, Close\r\n\r\n', false, undefined],
    ['HTTP/1.0 200 OK\r\n\r\n', false, undefined],
    ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n', true, undefined],
  ])('tells whether the connection is kept: %j', (response, keepAlive, keepAliveFor) => {
    expect(parse([Buffer.from(response)]).head).toMatchObject({ keepAlive, keepAliveFor });
  });

  it.each([
    'nonsense\r\n\r\n',
    'HTTP/2.0 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx: a\nb\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx: a\u0000b\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nx',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxx',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`,
    'x'.repeat(70_000),
  ])('refuses %j', (response) => {
    expect(() => parse([Buffer.from(response, 'latin1')])).toThrow('malformed response');
  });
});

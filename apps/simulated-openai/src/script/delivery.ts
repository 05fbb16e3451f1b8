import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { constants, createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import { hexIdentifier } from '../identifiers.js';
import type { RecordedRequest } from '../recorded-request.js';
import { Gate, type Step } from './gate.js';
import type { HttpReply, NoReply, TransportOptions } from './script.js';

/** What the real service sends with every answer, edge included: a gateway has to decide about each of these. */
const USUAL_HEADERS = {
  server: 'cloudflare',
  'cf-cache-status': 'DYNAMIC',
  'set-cookie': '__cf_bm=simulated; path=/; HttpOnly; Secure; SameSite=None',
  'openai-organization': 'simulated-organization',
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '30000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '29999999',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '0s',
} as const;

/** Sees every string that leaves, to learn what the reply says about tokens. */
export type Listener = (text: string) => void;

/**
 * Carries a reply out. Back-pressure holds: a step is taken only when the socket has room.
 * Resolves when the reply is over or the client has left.
 */
export async function deliver(
  reply: HttpReply | NoReply,
  request: RecordedRequest,
  response: ServerResponse,
  listen: Listener,
): Promise<void> {
  if (reply.kind === 'none') return request.closed;
  if (reply.after) await passes(reply.after, request);
  if (request.over) return;
  request.reply.status = reply.status;
  if (typeof reply.body === 'string' || Buffer.isBuffer(reply.body)) {
    await sendWhole(reply, reply.body, request, response, listen);
  } else {
    response.writeHead(reply.status, headersOf(reply, reply.contentType));
    response.flushHeaders();
    await sendSteps(reply.body, reply.encoding, request, response, listen);
  }
}

function headersOf(options: TransportOptions, contentType: string): Record<string, string> {
  const headers: Record<string, string> = {
    ...USUAL_HEADERS,
    'content-type': contentType,
    'x-request-id': hexIdentifier('req_', 32),
    ...(options.encoding && { 'content-encoding': options.encoding }),
    ...options.headers,
  };
  for (const [name, value] of Object.entries(headers)) if (value === '') delete headers[name];
  return headers;
}

async function sendWhole(
  reply: HttpReply,
  body: string | Buffer,
  request: RecordedRequest,
  response: ServerResponse,
  listen: Listener,
): Promise<void> {
  if (typeof body === 'string') listen(body);
  const plain = Buffer.from(body);
  const encoded = reply.encoding ? await compressed(plain, reply.encoding) : plain;
  request.reply.bytes = plain.length;
  request.reply.end = 'finished';
  response.writeHead(reply.status, { ...headersOf(reply, reply.contentType), 'content-length': encoded.length });
  response.end(encoded);
}

async function sendSteps(
  steps: Iterable<Step>,
  encoding: TransportOptions['encoding'],
  request: RecordedRequest,
  response: ServerResponse,
  listen: Listener,
): Promise<void> {
  const encoder = encoding && encoderOf(encoding);
  encoder?.pipe(response);
  const sink = encoder ?? response;
  for (const step of steps) {
    if (request.over) return;
    if (typeof step === 'string' || Buffer.isBuffer(step)) {
      if (typeof step === 'string') listen(step);
      request.reply.bytes += Buffer.byteLength(step);
      if (!sink.write(step)) await Promise.race([once(sink, 'drain'), request.closed]);
    } else if (step instanceof Gate) {
      await passes(step, request);
    } else if (step.kind === 'sleep') {
      await Promise.race([setTimeout(step.ms), request.closed]);
    } else if (step.kind === 'turn') {
      await setImmediate();
    } else if (step.kind === 'silence') {
      return request.closed;
    } else {
      if (encoder) await new Promise<void>((done) => encoder.flush(() => done()));
      request.reply.end = 'broken';
      return disconnect(step.kind, response);
    }
  }
  request.reply.end = 'finished';
  sink.end();
}

const passes = (gate: Gate, request: RecordedRequest): Promise<void> => Promise.race([gate.pass(), request.closed]);

/** Ends the connection behind the last byte written, without an end of the HTTP message. */
async function disconnect(how: 'cut' | 'reset', response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (!socket) return;
  if (how === 'cut') return socket.destroySoon();
  await setImmediate();
  if (socket.writableLength > 0) await once(socket, 'drain');
  socket.resetAndDestroy();
}

function encoderOf(encoding: NonNullable<TransportOptions['encoding']>): Transform & { flush(done: () => void): void } {
  if (encoding === 'br') return createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH });
  const options = { flush: constants.Z_SYNC_FLUSH };
  return encoding === 'gzip' ? createGzip(options) : createDeflate(options);
}

async function compressed(body: Buffer, encoding: NonNullable<TransportOptions['encoding']>): Promise<Buffer> {
  const encoder = encoderOf(encoding);
  encoder.end(body);
  return Buffer.concat(await encoder.toArray());
}

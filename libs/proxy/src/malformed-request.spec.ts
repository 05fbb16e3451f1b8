import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { isConnectionLoss, malformedRequestError, requestLine, type ClientError } from './malformed-request.js';

const clientError = (message: string, code?: string): ClientError => Object.assign(new Error(message), { code });

describe('malformedRequestError', () => {
  it.each([
    ['HPE_HEADER_OVERFLOW', 'Parse Error: Header overflow', 431, 'Request header fields too large'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 'Request timeout', 408, 'Bad request: the request took too long to arrive'],
    ['HPE_INVALID_METHOD', 'Parse Error: Invalid method encountered', 400, 'Bad request: Invalid method encountered'],
    ['HPE_X', 'Parse Error: two\nlines', 400, 'Bad request: not an HTTP/1.1 request'],
    [undefined, 'something else', 400, 'Bad request: not an HTTP/1.1 request'],
  ])('%s → %d', (code, message, status, expected) => {
    expect(malformedRequestError(clientError(message ?? '', code))).toMatchObject({ status, message: expected });
  });
});

describe('isConnectionLoss', () => {
  it('knows a lost connection, and an end in the middle of a body', () => {
    expect(isConnectionLoss(clientError('', 'ECONNRESET'), false)).toBe(true);
    expect(isConnectionLoss(clientError('', 'HPE_INVALID_EOF_STATE'), true)).toBe(true);
    expect(isConnectionLoss(clientError('', 'HPE_INVALID_EOF_STATE'), false)).toBe(false);
    expect(isConnectionLoss(clientError('', 'HPE_INVALID_METHOD'), true)).toBe(false);
  });
});

describe('requestLine', () => {
  it.each([
    ['POST /v1/messages?beta=true HTTP/1.1\r\nx', { method: 'POST', target: '/v1/messages?beta=true' }],
    ['GET / HTTP/1.0\n', { method: 'GET', target: '/' }],
    ['get / HTTP/1.1\r\n', { method: '', target: '' }],
    ['GET / HTTP/2.0\r\n', { method: '', target: '' }],
    ['x-header: GET / HTTP/1.1\r\n', { method: '', target: '' }],
  ])('%j → %j', (packet, expected) => expect(requestLine(Buffer.from(packet))).toEqual(expected));

  it('takes any bytes', () => {
    expect(requestLine(undefined)).toEqual({ method: '', target: '' });
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(requestLine(Buffer.from(bytes)).method).toMatch(/^[A-Z-]*$/);
      }),
    );
  });
});

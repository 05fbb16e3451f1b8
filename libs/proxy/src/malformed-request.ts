import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '#libs/plugin-api';

/** What node gives with a `clientError` event. */
export interface ClientError extends Error {
  readonly code?: string | undefined;
  /** The bytes that node could not make sense of: the last read, not the whole request. */
  readonly rawPacket?: Buffer | undefined;
}

/** Milliseconds that a client gets to take the answer and stop sending. */
const LINGER = 1000;

/** What to answer to bytes that are no request. One line: the parser's own words name the fault and hold nothing of the request. */
export function malformedRequestError(error: ClientError): GatewayError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('headers_too_large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('malformed_http', { status: 408, detail: 'the request took too long to arrive' });
    default:
      return new GatewayError('malformed_http', { detail: faultOf(error) });
  }
}

/** True when nobody is left to answer: the connection has failed, or its end came in the middle of a request's body. */
export function isConnectionLoss({ code }: ClientError, inBody: boolean): boolean {
  return (
    code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT' || (inBody && code === 'HPE_INVALID_EOF_STATE')
  );
}

function faultOf(error: ClientError): string {
  const reason = /^Parse Error: ([\x20-\x7e]{1,200})$/.exec(error.message)?.[1];
  return reason ?? 'not an HTTP/1.1 request';
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
}

/** The request line that a packet begins with; both parts are empty when it begins with something else. */
export function requestLine(packet: Buffer | undefined): RequestLine {
  const line = /^([A-Z-]{1,20}) (\S{1,8192}) HTTP\/1\.[01]\r?\n/.exec(packet?.toString('latin1', 0, 8300) ?? '');
  return { method: line?.[1] ?? '', target: line?.[2] ?? '' };
}

/**
 * A request and a response for a connection on which node gave up, so that what could not be parsed still is an exchange like
 * any other.
 */
export function rescue(socket: Socket, line: RequestLine): { request: IncomingMessage; response: ServerResponse } {
  const request = new IncomingMessage(socket);
  request.method = line.method;
  request.url = line.target;
  request.httpVersion = '1.1';
  request.complete = true;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => {
    response.detachSocket(socket);
    closeGently(socket);
  });
  return { request, response };
}

/** Closes our side and leaves the client a moment to read the answer: destroying at once would reset the connection. */
export function closeGently(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
}

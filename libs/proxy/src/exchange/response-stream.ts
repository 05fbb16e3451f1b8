import type { ServerResponse } from 'node:http';
import type { ResponseStream } from '#libs/plugin-api';

/** What the body must know of its exchange. */
export interface StreamOwner {
  readonly clientGone: boolean;
  /** To be called before the last byte of the response is handed to the socket. */
  responseEnding(): void;
}

/** Ends a body in the chunked coding. */
const LAST_CHUNK = '0\r\n\r\n';

/** Up to this many bytes are copied into one string with what goes before them; more are written as they are. */
export const COPY_LIMIT = 16 * 1024;

/**
 * Ends a response with a last piece of text, one char a byte. `response.end(text)` would make a gathering write of the text
 * and an empty string; writing it and letting it go first makes a plain write, which is measurably cheaper.
 */
export function endWith(response: ServerResponse, text: string): void {
  response.write(text, 'latin1');
  endNow(response);
}

/** Ends a response after letting go what was written in this tick. */
function endNow(response: ServerResponse): void {
  response.socket?.uncork();
  response.end();
}

/**
 * The body of a started response. The frames of the chunked coding are written here: node would make four writes of every
 * chunk, this makes one. What is written in one tick leaves in one packet (node corks the socket until the next).
 */
export class HttpResponseStream implements ResponseStream {
  bytesWritten = 0;
  /** Bytes on the wire, framing included. */
  wireBytes = 0;
  /** The end of a body that has told its length: with its last byte the client has everything. What exceeds it is dropped. */
  private held: Buffer | string | undefined;
  private ended = false;
  private headPut = false;
  /** Text that came before the head was put: a short answer leaves with its head, as one string. */
  private first = '';
  /** The socket takes no more before it has drained. */
  private full = false;
  private readonly framed: boolean;

  /**
   * @param response its head is set but not flushed
   * @param bodyless true where no body may follow the head; what is written is dropped
   * @param length that the head has announced, Infinity when it has not
   * @param closed resolves when the last byte is handed to the socket or the connection is gone
   * @param cut closes the connection at once
   */
  constructor(
    private readonly response: ServerResponse,
    private readonly bodyless: boolean,
    private readonly length: number,
    private readonly owner: StreamOwner,
    private readonly closed: () => Promise<void>,
    private readonly cut: () => void,
  ) {
    this.framed = response.chunkedEncoding;
    // The head announces the chunked coding; from here on node leaves the frames to us.
    response.chunkedEncoding = false;
    process.nextTick(flushHead, this);
  }

  write(chunk: Buffer | string): boolean {
    const { length } = chunk;
    // An empty chunk would end the body.
    if (length === 0 || this.bodyless || this.ended || this.owner.clientGone) return true;
    this.bytesWritten += length;
    const { response, framed } = this;
    const size = framed ? length.toString(16) : '';
    if (this.held !== undefined) return true;
    this.wireBytes += framed ? size.length + length + 4 : length;
    if (!framed && this.bytesWritten >= this.length) {
      this.held = typeof chunk === 'string' ? chunk : Buffer.from(chunk);
      return true;
    }
    if (typeof chunk === 'string' || length <= COPY_LIMIT) {
      const text = typeof chunk === 'string' ? chunk : chunk.toString('latin1');
      return this.put(framed ? `${size}\r\n${text}\r\n` : text);
    }
    // The bytes are the caller's, and node may keep them until the client reads.
    const copy = Buffer.from(chunk);
    this.putFirst();
    if (!framed) return response.write(copy);
    response.write(`${size}\r\n`, 'latin1');
    response.write(copy);
    return response.write('\r\n', 'latin1');
  }

  /**
   * Once the head is with the socket, text goes there past the response, which would cork the socket, queue the text and take
   * a tick to let it go: a tenth of what a chunk costs. A response that waits for its turn, as the client has pipelined, has no
   * socket yet.
   */
  private put(text: string): boolean {
    const { response } = this;
    const { socket } = response;
    if (!this.headPut) {
      this.first += text;
      return this.first.length <= COPY_LIMIT;
    }
    if (!socket?.writable) return response.write(text, 'latin1');
    const room = socket.write(text, 'latin1');
    if (!room && !this.full) {
      this.full = true;
      socket.once('drain', () => {
        this.full = false;
        response.emit('drain');
      });
    }
    return room;
  }

  onDrain(callback: () => void): void {
    this.response.on('drain', callback);
  }

  flushHead(): void {
    if (this.headPut || this.ended || this.owner.clientGone) return;
    if (this.first === '' && this.held === undefined) this.response.flushHeaders();
    this.putFirst();
  }

  /** The head goes out with it. */
  private putFirst(): void {
    this.headPut = true;
    const { length } = this.first;
    if (length === 0) return;
    // Whoever has been told that there is no room waits for the drain.
    if (this.response.write(this.takeFirst(), 'latin1') && length > COPY_LIMIT) this.response.emit('drain');
  }

  private takeFirst(): string {
    const text = this.first;
    this.first = '';
    return text;
  }

  end(): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      if (this.owner.clientGone) return this.closed();
      const last = this.framed && !this.bodyless ? LAST_CHUNK : undefined;
      this.wireBytes += last?.length ?? 0;
      this.owner.responseEnding();
      if (last !== undefined) endWith(this.response, this.takeFirst() + last);
      else this.endHeld();
    }
    return this.closed();
  }

  private endHeld(): void {
    const first = this.takeFirst();
    if (first.length > 0) this.response.write(first, 'latin1');
    if (typeof this.held === 'string') this.response.write(this.held, 'latin1');
    else if (this.held !== undefined) this.response.write(this.held);
    endNow(this.response);
  }

  destroy(): void {
    this.ended = true;
    this.cut();
  }
}

/** Sends the head by itself when no chunk has come along in the same tick. */
function flushHead(stream: HttpResponseStream): void {
  stream.flushHead();
}

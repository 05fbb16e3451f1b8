/** Incremental reader of HTTP/1.1 messages with a body of known length or in chunks (RFC 9112 sections 6 and 7.1). */

/** The peer broke the grammar or left in the middle of a message. */
export class HttpFault extends Error {
  /** @override */
  name = 'HttpFault';
}

/**
 * @typedef {object} MessageHandler
 * @property {(head: string) => void} onHead start line and header fields as latin1, without the empty line
 * @property {(slice: Buffer) => void} onBody body bytes without framing; the slice is only valid during the call
 * @property {() => void} onEnd the message is complete
 */

const HEAD = 0;
const SIZED_BODY = 1;
const CHUNK_SIZE = 2;
const CHUNK_DATA = 3;
const CHUNK_DATA_END = 4;
const TRAILER = 5;

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const LF = 10;
const MAX_LINE_BYTES = 64 * 1024;

/** Reads one message after the other from the bytes of a connection. */
export class HttpReader {
  #state = HEAD;
  /** Bytes of the body or chunk that are still to come. */
  #left = 0;
  /** Start of a head or line whose end has not arrived, in bytes of its own. */
  #kept = Buffer.alloc(0);
  #handler;

  /** @param {MessageHandler} handler */
  constructor(handler) {
    this.#handler = handler;
  }

  /** True between two messages: a connection that ends here ends cleanly. */
  get idle() {
    return this.#state === HEAD && this.#kept.length === 0;
  }

  /**
   * @param {Buffer} bytes what was read from the connection; may be overwritten after the call
   * @throws {HttpFault} when the bytes are not HTTP/1.1 or the message's length is not told
   */
  push(bytes) {
    const input = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    let at = 0;
    while (at < input.length) {
      const next = this.#step(input, at);
      if (next === at) break;
      at = next;
    }
    this.#keep(input, at);
  }

  /** @throws {HttpFault} when the connection ended in the middle of a message */
  close() {
    if (!this.idle) throw new HttpFault('the connection ended in the middle of a message');
  }

  /**
   * Consumes one element of the grammar.
   * @param {Buffer} input
   * @param {number} at
   * @returns {number} the new position, `at` when more bytes are needed
   */
  #step(input, at) {
    switch (this.#state) {
      case HEAD:
        return this.#head(input, at);
      case CHUNK_SIZE:
        return this.#chunkSize(input, at);
      case CHUNK_DATA_END:
        if (input.length - at < 2) return at;
        if (input[at + 1] !== LF) throw new HttpFault('a chunk is longer than its size');
        this.#state = CHUNK_SIZE;
        return at + 2;
      case TRAILER: {
        const end = input.indexOf(LINE_END, at);
        if (end === -1) return at;
        if (end === at) this.#finish();
        return end + 2;
      }
      default:
        return this.#data(input, at);
    }
  }

  /** @param {Buffer} input @param {number} at */
  #head(input, at) {
    const end = input.indexOf(HEAD_END, at);
    if (end === -1) return at;
    const head = input.toString('latin1', at, end);
    const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head);
    if (length !== null) {
      this.#left = Number(length[1]);
      this.#state = SIZED_BODY;
    } else if (/\r\ntransfer-encoding:[ \t]*chunked/i.test(head)) {
      this.#state = CHUNK_SIZE;
    } else {
      throw new HttpFault('neither content-length nor transfer-encoding: chunked');
    }
    this.#handler.onHead(head);
    if (this.#state === SIZED_BODY && this.#left === 0) this.#finish();
    return end + 4;
  }

  /** @param {Buffer} input @param {number} at */
  #chunkSize(input, at) {
    const end = input.indexOf(LINE_END, at);
    if (end === -1) return at;
    const size = Number.parseInt(input.toString('latin1', at, end), 16);
    if (Number.isNaN(size)) throw new HttpFault('a chunk without a size');
    this.#left = size;
    this.#state = size === 0 ? TRAILER : CHUNK_DATA;
    return end + 2;
  }

  /** @param {Buffer} input @param {number} at */
  #data(input, at) {
    const end = Math.min(input.length, at + this.#left);
    this.#handler.onBody(input.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === SIZED_BODY) this.#finish();
      else this.#state = CHUNK_DATA_END;
    }
    return end;
  }

  #finish() {
    this.#state = HEAD;
    this.#handler.onEnd();
  }

  /** @param {Buffer} input @param {number} at */
  #keep(input, at) {
    if (at === input.length) {
      if (this.#kept.length > 0) this.#kept = Buffer.alloc(0);
      return;
    }
    if (input.length - at > MAX_LINE_BYTES) throw new HttpFault(`more than ${MAX_LINE_BYTES} bytes without a line end`);
    this.#kept = Buffer.from(input.subarray(at));
  }
}

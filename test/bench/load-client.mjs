/**
 * Load generator on plain sockets: prepared requests out, every reply checked in. It shares a core with the simulated
 * upstream, so it does as little as a check allows.
 */
import { connect } from 'node:net';
import { HttpFault, HttpReader } from './http-reader.mjs';

/** @typedef {import('./checks.mjs').ReplyCheck} ReplyCheck */

/**
 * @typedef {object} Target
 * @property {string} host
 * @property {number} port
 */

/**
 * @typedef {object} Exchange what is told about one finished exchange
 * @property {string | undefined} fault what was wrong with the reply
 * @property {number} latency milliseconds from the request's write to the reply's last byte
 * @property {number} firstDelta milliseconds from the request's write to the first content delta, NaN without one
 */

/** A reply that is silent for this long has failed. Milliseconds. */
const SILENCE = 15_000;
const READ_BUFFER_BYTES = 64 * 1024;

/**
 * All connections read into the same memory: node hands a read over synchronously, and nobody keeps a slice of it.
 * That makes thousands of connections cheap and spares an allocation per read.
 */
const readBuffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);

/** A keep-alive connection with at most one exchange in flight. */
export class Connection {
  /** Content deltas received so far, replies in progress included. */
  deltas = 0;
  closed = false;
  #socket;
  #reader;
  #check;
  #status = '';
  #sentAt = 0;
  #lastByteAt = 0;
  #firstDeltaAt = NaN;
  /** @type {((exchange: Exchange) => void) | undefined} */
  #done;
  /** @type {(() => void) | undefined} */
  #started;

  /**
   * @param {Target} target
   * @param {ReplyCheck} check
   */
  constructor(target, check) {
    this.#check = check;
    this.#reader = new HttpReader({
      onHead: (head) => {
        this.#status = head.slice(9, 12);
      },
      onBody: (slice) => this.#body(slice),
      onEnd: () => this.#reply(),
    });
    this.#socket = connect({
      ...target,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length, buffer) => this.#read(/** @type {Buffer} */ (buffer), length) },
    });
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the connection was closed before the reply was complete'));
  }

  get busy() {
    return this.#done !== undefined;
  }

  /**
   * @param {Buffer} request head and body
   * @param {(exchange: Exchange) => void} done called once; the connection may be used again in it unless `closed`
   * @param {() => void} [started] called with the first content delta
   */
  send(request, done, started) {
    this.#done = done;
    this.#started = started;
    this.#firstDeltaAt = NaN;
    this.#sentAt = performance.now();
    this.#lastByteAt = this.#sentAt;
    this.#socket.write(request);
  }

  /**
   * Fails the exchange in flight when the reply has been silent for too long.
   * @param {number} now `performance.now()`
   */
  expire(now) {
    if (this.busy && now - this.#lastByteAt > SILENCE) this.#fail(`no byte for ${SILENCE / 1000} s`);
  }

  close() {
    this.closed = true;
    this.#socket.destroy();
  }

  /** @param {Buffer} buffer @param {number} length */
  #read(buffer, length) {
    this.#lastByteAt = performance.now();
    try {
      this.#reader.push(buffer.subarray(0, length));
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#fail(error.message);
    }
    return true;
  }

  /** @param {Buffer} slice */
  #body(slice) {
    const deltas = this.#check.push(slice);
    if (deltas === 0) return;
    this.deltas += deltas;
    if (!Number.isNaN(this.#firstDeltaAt)) return;
    this.#firstDeltaAt = this.#lastByteAt;
    this.#started?.();
  }

  #reply() {
    const fault = this.#check.finish();
    this.#settle(this.#status === '200' ? fault : `status ${this.#status}`);
  }

  /** @param {string} fault */
  #fail(fault) {
    this.close();
    this.#settle(fault);
  }

  /** @param {string | undefined} fault */
  #settle(fault) {
    const done = this.#done;
    this.#done = undefined;
    done?.({
      fault,
      latency: performance.now() - this.#sentAt,
      firstDelta: this.#firstDeltaAt - this.#sentAt,
    });
  }
}

/** Failures after which a load gives up: the contender is broken, more of the same tells nothing. */
const GIVE_UP = 50;
/** Streams that may wait for their first content delta at once while many are opened. */
const MOST_OPENING = 100;

/**
 * Exchanges with one target. `closed` keeps a number of them in flight; `open` starts them at a fixed rate, whatever
 * becomes of the earlier ones; `hold` starts a number once and waits for all.
 */
export class LoadClient {
  replies = 0;
  /** @type {string[]} */
  faults = [];
  /** Milliseconds. @type {number[]} */
  latencies = [];
  /** Milliseconds to the first content delta. @type {number[]} */
  firstDeltas = [];
  /** Most streams at once that had begun and not ended. */
  peak = 0;
  #target;
  #request;
  #makeCheck;
  /** @type {Set<Connection>} */
  #connections = new Set();
  /** @type {Connection[]} */
  #idle = [];
  #inFlight = 0;
  /** Exchanges in flight whose first content delta has arrived. */
  #begun = 0;
  /** Deltas of connections that are gone. */
  #goneDeltas = 0;

  /**
   * @param {Target} target
   * @param {Buffer} request
   * @param {() => ReplyCheck} makeCheck
   */
  constructor(target, request, makeCheck) {
    this.#target = target;
    this.#request = request;
    this.#makeCheck = makeCheck;
  }

  /** Content deltas received so far. */
  get deltas() {
    let deltas = this.#goneDeltas;
    for (const connection of this.#connections) deltas += connection.deltas;
    return deltas;
  }

  /** @returns {boolean} whether so much has failed that going on is useless */
  get broken() {
    return this.faults.length >= GIVE_UP;
  }

  /**
   * @param {number} concurrency exchanges in flight
   * @param {number} milliseconds after which no new one is started
   */
  async closed(concurrency, milliseconds) {
    const end = performance.now() + milliseconds;
    const again = () => {
      if (performance.now() < end && !this.broken) this.#exchange(again);
    };
    for (let index = 0; index < concurrency; index++) again();
    await this.#drained();
  }

  /**
   * @param {number} perSecond exchanges started
   * @param {number} milliseconds
   */
  async open(perSecond, milliseconds) {
    const start = performance.now();
    let started = 0;
    await this.#every(1, () => {
      const elapsed = performance.now() - start;
      if (elapsed >= milliseconds || this.broken) return false;
      for (const due = Math.floor((elapsed / 1000) * perSecond); started < due; started++) this.#exchange();
      return true;
    });
    await this.#drained();
  }

  /**
   * @param {number} count exchanges, each once
   * @param {number} perSecond how fast they are started, unless too many wait for their first content delta: a slow
   * machine must not turn the ramp into a flood that overflows the listener's backlog
   */
  async hold(count, perSecond) {
    const start = performance.now();
    let started = 0;
    await this.#every(10, () => {
      const due = Math.min(count, Math.ceil(((performance.now() - start) / 1000) * perSecond));
      for (; started < due && this.#inFlight - this.#begun < MOST_OPENING; started++) this.#exchange();
      return started < count && !this.broken;
    });
    await this.#drained();
  }

  /** Closes all connections. */
  close() {
    this.#goneDeltas = this.deltas;
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    this.#idle = [];
  }

  /** @param {() => void} [after] */
  #exchange(after) {
    let connection = this.#idle.pop();
    while (connection?.closed) connection = this.#idle.pop();
    connection ??= this.#open();
    this.#inFlight++;
    let begun = false;
    connection.send(
      this.#request,
      (exchange) => {
        this.#inFlight--;
        if (begun) this.#begun--;
        this.#account(connection, exchange);
        after?.();
      },
      () => {
        begun = true;
        this.peak = Math.max(this.peak, ++this.#begun);
      },
    );
  }

  #open() {
    const connection = new Connection(this.#target, this.#makeCheck());
    this.#connections.add(connection);
    return connection;
  }

  /** @param {Connection} connection @param {Exchange} exchange */
  #account(connection, { fault, latency, firstDelta }) {
    if (fault === undefined) {
      this.replies++;
      this.latencies.push(latency);
      if (!Number.isNaN(firstDelta)) this.firstDeltas.push(firstDelta);
    } else {
      this.faults.push(fault);
    }
    if (connection.closed || fault !== undefined) {
      connection.close();
      this.#goneDeltas += connection.deltas;
      this.#connections.delete(connection);
    } else {
      this.#idle.push(connection);
    }
  }

  /** Resolves when nothing is in flight; a silent reply fails after a while, so it always does. */
  async #drained() {
    let ticks = 0;
    await this.#every(5, () => {
      if (++ticks % 100 === 0) {
        const now = performance.now();
        for (const connection of this.#connections) connection.expire(now);
      }
      return this.#inFlight > 0;
    });
  }

  /**
   * @param {number} milliseconds
   * @param {() => boolean} step returns whether to go on
   * @returns {Promise<void>}
   */
  #every(milliseconds, step) {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (step()) return;
        clearInterval(timer);
        resolve();
      }, milliseconds);
    });
  }
}

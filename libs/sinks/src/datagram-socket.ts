import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FinalSinkError } from '#libs/plugin-api';
import { reasonOf } from './reason.js';

/** Bytes that fit into one UDP datagram over IPv4 (RFC 768: 65 535 less the headers of UDP and IP). */
export const MAX_DATAGRAM = 65_507;

/**
 * Checks a batch before any of it is sent, so that what fits is not sent twice.
 * @throws FinalSinkError when one does not fit.
 */
export function fittingDatagrams(datagrams: readonly Buffer[]): readonly Buffer[] {
  const tooLong = datagrams.find(({ length }) => length > MAX_DATAGRAM);
  if (!tooLong) return datagrams;
  throw new FinalSinkError(`a record of ${tooLong.length} bytes does not fit into a datagram of ${MAX_DATAGRAM}`);
}

export interface DatagramTarget {
  readonly host: string;
  readonly port: number;
  /** Milliseconds for the look-up of the host and for one batch. */
  readonly timeout: number;
}

/** A UDP socket that is made when it is needed. UDP tells nobody what has arrived; only a refusal may come back. */
export class DatagramSocket {
  private socket: Socket | undefined;
  private refusal: Error | undefined;

  constructor(private readonly target: DatagramTarget) {}

  /**
   * Resolves when the kernel has taken every datagram. Calls must not overlap.
   * @throws Error that says what is wrong; the next call looks the host up anew.
   */
  async send(datagrams: readonly Buffer[]): Promise<void> {
    const limit = AbortSignal.timeout(this.target.timeout);
    try {
      const socket = (this.socket ??= await this.open(limit));
      for (const datagram of datagrams) {
        limit.throwIfAborted();
        await sent(socket, datagram);
      }
      // "Port unreachable" comes back at once from a host that is near.
      await nextTurn();
      if (this.refusal) throw this.refusal;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EMSGSIZE') throw new FinalSinkError(this.explain(error));
      await this.close();
      throw new Error(this.explain(error), { cause: error });
    }
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    this.refusal = undefined;
    if (!socket) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }

  private async open(limit: AbortSignal): Promise<Socket> {
    const { host, port } = this.target;
    const { address, family } = await withSignal(lookup(host), limit);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.on('error', (error) => (this.refusal = error));
    socket.connect(port, address);
    await once(socket, 'connect', { signal: limit });
    socket.unref();
    return socket;
  }

  private explain(error: unknown): string {
    const { host, port, timeout } = this.target;
    const { name } = error as Error;
    const late = name === 'TimeoutError' || name === 'AbortError';
    const reason = late ? `not sent within ${timeout} ms` : reasonOf(error);
    return `${host}:${port}: ${reason}`;
  }
}

function sent(socket: Socket, datagram: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, (error) => (error ? reject(error) : resolve()));
  });
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

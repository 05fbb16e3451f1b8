/** Handle of the simulated upstream's process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killAtExit } from './children.mjs';

const SCRIPT = fileURLToPath(new URL('mock-upstream.mjs', import.meta.url));
/** Milliseconds for an answer to a control message. */
const CONTROL_LIMIT = 10_000;

/** @typedef {import('./mock-upstream.mjs').ChildMessage} ChildMessage */

export class Upstream {
  #process;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port
   */
  constructor(child, port) {
    this.#process = child;
    this.target = { host: '127.0.0.1', port };
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Starts it, on the core that this process is bound to. */
  static async start() {
    const child = spawn(process.execPath, [SCRIPT], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    killAtExit(child);
    const message = await answer(child, 'listening');
    return new Upstream(child, message.port);
  }

  /**
   * Sets the reply to every request from now on.
   * @param {import('./loads.mjs').Load} load
   */
  async serve(load) {
    this.#process.send({ type: 'reply', packets: load.packets(), interval: load.interval });
    await answer(this.#process, 'replySet');
  }

  /**
   * @param {() => Promise<void>} exchange sends one request
   * @returns {Promise<Buffer | undefined>} the body that reached the upstream; undefined when none did
   */
  async capture(exchange) {
    this.#process.send({ type: 'capture' });
    const captured = answer(this.#process, 'captured').then(
      ({ body }) => body,
      () => undefined,
    );
    await exchange();
    return captured;
  }

  stop() {
    this.#process.disconnect();
  }
}

/**
 * @template {ChildMessage['type']} Type
 * @param {import('node:child_process').ChildProcess} child
 * @param {Type} type
 * @returns {Promise<Extract<ChildMessage, { type: Type }>>}
 */
async function answer(child, type) {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(CONTROL_LIMIT) });
  if (message.type !== type) throw new Error(`the upstream said ${message.type} instead of ${type}`);
  return message;
}

/** Baseline (c′): as (c), but the request's body is buffered and undici's `dispatch` writes the reply chunk by chunk. */
import { Pool } from 'undici';
import { endToEnd, serve, upstream } from './baseline.mjs';

const pool = new Pool(upstream);

/** @implements {Pick<Required<import('undici').Dispatcher.DispatchHandler>, 'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'>} */
class Relay {
  #response;

  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.#response = response;
  }

  onRequestStart() {}

  /**
   * @param {import('undici').Dispatcher.DispatchController} _controller
   * @param {number} status
   * @param {import('node:http').IncomingHttpHeaders} headers
   */
  onResponseStart(_controller, status, headers) {
    this.#response.writeHead(status, endToEnd(headers));
  }

  /**
   * @param {import('undici').Dispatcher.DispatchController} controller
   * @param {Buffer} chunk
   */
  onResponseData(controller, chunk) {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd() {
    this.#response.end();
  }

  onResponseError() {
    this.#response.destroy();
  }
}

serve((request, response) => {
  /** @type {Buffer[]} */
  const body = [];
  request.on('data', (/** @type {Buffer} */ bytes) => body.push(bytes));
  request.on('end', () => {
    pool.dispatch(
      {
        path: request.url ?? '/',
        method: /** @type {import('undici').Dispatcher.HttpMethod} */ (request.method),
        headers: endToEnd(request.headers),
        body: body.length === 1 ? /** @type {Buffer} */ (body[0]) : Buffer.concat(body),
      },
      new Relay(response),
    );
  });
});

/**
 * Baseline (c): node:http in, undici `pool.stream` out, the request piped, nothing parsed. The least that a gateway in
 * Node written the usual way does.
 */
import { Pool } from 'undici';
import { endToEnd, serve, upstream } from './baseline.mjs';

const pool = new Pool(upstream);

serve((request, response) => {
  pool
    .stream(
      {
        path: request.url ?? '/',
        method: /** @type {import('undici').Dispatcher.HttpMethod} */ (request.method),
        headers: endToEnd(request.headers),
        body: request,
        opaque: response,
      },
      ({ statusCode, headers, opaque }) => {
        const answer = /** @type {import('node:http').ServerResponse} */ (opaque);
        answer.writeHead(statusCode, endToEnd(headers));
        return answer;
      },
    )
    .catch(() => response.destroy());
});

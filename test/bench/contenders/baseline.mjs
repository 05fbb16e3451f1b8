/** What the baselines have in common: a listener on a free port and the ready line. */
import { createServer } from 'node:http';

/** Origin of the upstream. */
export const upstream = process.env['BENCH_UPSTREAM'] ?? '';

/** Longer than any pause of the benchmark, so that no baseline closes a connection while a request is on its way. */
const KEEP_ALIVE = 60_000;
const BACKLOG = 4096;

/**
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @returns {import('node:http').IncomingHttpHeaders} without those of the one connection (RFC 9110 section 7.6.1)
 */
export function endToEnd({
  connection: _connection,
  'keep-alive': _keepAlive,
  'transfer-encoding': _transferEncoding,
  host: _host,
  ...headers
}) {
  return headers;
}

/** @param {import('node:http').RequestListener} listener */
export function serve(listener) {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, listener);
  server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, () => {
    const address = server.address();
    if (address === null || typeof address !== 'object') return;
    process.stdout.write(`${JSON.stringify({ event: 'ready', proxy: `http://127.0.0.1:${address.port}` })}\n`);
  });
  process.on('SIGTERM', () => process.exit());
}

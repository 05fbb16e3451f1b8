/**
 * Simulated upstream, run as a process of its own: answers every complete HTTP/1.1 request with the packets that its
 * parent gave it last. It shares a core with the load client, therefore plain sockets and prepared buffers.
 *
 * Parent → child: `{ type: 'reply', packets, interval }` sets the reply; `{ type: 'capture' }` asks for the next request.
 * Child → parent: `{ type: 'listening', port }`, `{ type: 'replySet' }`, `{ type: 'captured', head, body }`.
 */
import { createServer } from 'node:net';
import { HttpReader } from './http-reader.mjs';
import { TimerWheel } from './timer-wheel.mjs';

/** @typedef {{ type: 'reply', packets: Buffer[], interval: number } | { type: 'capture' }} ParentMessage */
/** @typedef {{ type: 'listening', port: number } | { type: 'replySet' } | { type: 'captured', head: string, body: Buffer }} ChildMessage */

const BACKLOG = 4096;

/** @type {{ packets: Buffer[], interval: number }} */
let reply = { packets: [], interval: 0 };
let captureNext = false;
const wheel = new TimerWheel();

/** @param {ChildMessage} message */
function tell(message) {
  process.send?.(message);
}

/** @param {import('node:net').Socket} socket */
function serve(socket) {
  socket.setNoDelay(true);
  let head = '';
  /** @type {Buffer[] | undefined} */
  let captured;
  const reader = new HttpReader({
    onHead(text) {
      head = text;
      if (!captureNext) return;
      captureNext = false;
      captured = [];
    },
    onBody(slice) {
      captured?.push(Buffer.from(slice));
    },
    onEnd() {
      if (captured !== undefined) tell({ type: 'captured', head, body: Buffer.concat(captured) });
      captured = undefined;
      answer(socket);
    },
  });
  socket.on('data', (bytes) => {
    try {
      reader.push(bytes);
    } catch {
      // The contender sent no HTTP; it will see the reset and the client the failed reply.
      socket.resetAndDestroy();
    }
  });
  // A contender that is stopped in the middle of a reply resets its connections; the client reports what was missing.
  socket.on('error', () => socket.destroy());
}

/** @param {import('node:net').Socket} socket */
function answer(socket) {
  const { packets, interval } = reply;
  if (interval === 0) {
    for (const packet of packets) socket.write(packet);
    return;
  }
  let next = 0;
  wheel.repeat(interval, () => {
    const packet = packets[next++];
    if (packet === undefined || socket.destroyed) return false;
    socket.write(packet);
    return next < packets.length;
  });
}

const server = createServer(serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') tell({ type: 'listening', port: address.port });
});

process.on('message', (/** @type {ParentMessage} */ message) => {
  if (message.type === 'capture') {
    captureNext = true;
    return;
  }
  reply = { packets: message.packets, interval: message.interval };
  tell({ type: 'replySet' });
});
process.on('disconnect', () => process.exit());

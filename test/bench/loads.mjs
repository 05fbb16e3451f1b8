/** The traffic that the contenders carry. */
import { agentBody, smallBody } from './request-bodies.mjs';
import { burstPackets, jsonReply, streamPackets } from './replies.mjs';
import { responsesBurst, responsesReply } from './responses-replies.mjs';

/**
 * @typedef {object} Load
 * @property {string} title
 * @property {'chat' | 'responses'} api of the upstream: Chat Completions or the Responses API
 * @property {Buffer} body request body, Anthropic's Messages format
 * @property {number} chunks content deltas per reply, 0 for a reply that is not streamed
 * @property {'request' | 'stream' | 'chunk'} unit what the cost is divided by
 * @property {number} connections concurrent exchanges of the closed loop
 * @property {() => Buffer[]} packets the upstream's reply
 * @property {number} interval milliseconds between two packets, 0 for all at once
 */

const AGENT_BYTES = 112 * 1024;
const LONG_BYTES = 400 * 1024;
const CHUNKS = 100;
/** Milliseconds between two chunks of a paced stream. */
const PACE = 3;

/** @type {Readonly<Record<'json-1k' | 'json-112k' | 'sse-burst' | 'sse-paced' | 'responses-400k' | 'responses-burst', Load>>} */
export const LOADS = {
  'json-1k': {
    title: 'JSON, 1 KB',
    api: 'chat',
    body: smallBody({ stream: false }),
    chunks: 0,
    unit: 'request',
    connections: 16,
    packets: () => [jsonReply()],
    interval: 0,
  },
  'json-112k': {
    title: 'JSON, 112 KB agent request',
    api: 'chat',
    body: agentBody({ stream: false, bytes: AGENT_BYTES }),
    chunks: 0,
    unit: 'request',
    connections: 16,
    packets: () => [jsonReply()],
    interval: 0,
  },
  'sse-burst': {
    title: `SSE, ${CHUNKS} chunks in a burst`,
    api: 'chat',
    body: smallBody({ stream: true }),
    chunks: CHUNKS,
    unit: 'stream',
    connections: 16,
    packets: () => burstPackets(CHUNKS, 4),
    interval: 0,
  },
  'sse-paced': {
    title: `SSE, 48 streams, a chunk every ${PACE} ms`,
    api: 'chat',
    body: smallBody({ stream: true }),
    chunks: CHUNKS,
    unit: 'chunk',
    connections: 48,
    packets: () => streamPackets(CHUNKS),
    interval: PACE,
  },
  'responses-400k': {
    title: 'Responses API: JSON, 400 KB agent request',
    api: 'responses',
    body: agentBody({ stream: false, bytes: LONG_BYTES }),
    chunks: 0,
    unit: 'request',
    connections: 16,
    packets: () => [responsesReply()],
    interval: 0,
  },
  'responses-burst': {
    title: `Responses API: SSE, ${CHUNKS} chunks in a burst`,
    api: 'responses',
    body: smallBody({ stream: true }),
    chunks: CHUNKS,
    unit: 'stream',
    connections: 16,
    packets: () => responsesBurst(CHUNKS, 4),
    interval: 0,
  },
};

/** @typedef {keyof typeof LOADS} LoadName */

export const LOAD_NAMES = /** @type {LoadName[]} */ (Object.keys(LOADS));

/**
 * Streams that hardly do anything: what many waiting agents cost in memory.
 * @param {number} streams concurrent
 * @param {number} seconds how long each lasts
 * @returns {Load}
 */
export function slowStreams(streams, seconds) {
  const chunks = seconds + 1;
  return {
    title: `${streams} slow streams`,
    api: 'chat',
    body: smallBody({ stream: true }),
    chunks,
    unit: 'chunk',
    connections: streams,
    packets: () => streamPackets(chunks),
    interval: 1000,
  };
}

/** What log sinks share. A sink only writes; queue, order, retry and shutdown are delivery's. */
export * from './custom-fields.js';
export * from './datagram-socket.js';
export * from './endpoint-fields.js';
export * from './reason.js';
export * from './record-json.js';
export * from './refused-field.js';
export * from './stream-connection.js';
export * from './tls-trust.js';

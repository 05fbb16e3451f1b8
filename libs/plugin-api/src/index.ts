/** What a plugin imports. Nothing here knows the rest of the house. */
export * from './errors.js';
export * from './entities.js';
export * from './exchange.js';
export * from './events.js';
export * from './keys.js';
export * from './node.js';
export * from './plugin.js';
export * from './queue.js';
export * from './record.js';
export * from './sink.js';
export * from './upstream.js';
export { z } from 'zod';

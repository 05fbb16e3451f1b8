/** Helpers of the tests that cross a socket. */
export * from './certificate.js';
export * from './eventually.js';
export * from './gateway.js';
export * from './grammar.js';
export * from './how-to-config.js';
export * from './http.js';
export * from './log-file.js';
export * from './scripted-upstream.js';
export * from './sse.js';
export * from './temporary-directory.js';

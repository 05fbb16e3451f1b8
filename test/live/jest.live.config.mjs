import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/live/*.live.ts'],
  testTimeout: 300_000,
};

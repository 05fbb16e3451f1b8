import base from '../../jest.config.mjs';

/** One file per version of the client; each plays every scenario in order, the files side by side. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/client/*.client.ts'],
  testTimeout: 120_000,
  maxWorkers: 3,
  reporters: ['<rootDir>/test/client/reporter.mjs'],
};

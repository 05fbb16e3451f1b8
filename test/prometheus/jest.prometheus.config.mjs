import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/prometheus/*.prometheus.ts'],
  testTimeout: 240_000,
  maxWorkers: 1,
  reporters: ['<rootDir>/test/client/reporter.mjs'],
};

import base from '../../jest.config.mjs';

/** One file at a time: the tests of a file share brokers, which some of them kill. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/kafka/*.kafka.ts'],
  testTimeout: 180_000,
  maxWorkers: 1,
  reporters: ['<rootDir>/test/kafka/reporter.mjs'],
};

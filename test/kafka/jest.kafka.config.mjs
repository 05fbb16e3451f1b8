import base from '../../jest.config.mjs';

/** One file: its tests share a broker, which some of them kill. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/kafka/*.kafka.ts'],
  testTimeout: 180_000,
  maxWorkers: 1,
  reporters: ['<rootDir>/test/kafka/reporter.mjs'],
};

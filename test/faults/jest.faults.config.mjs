import base from '../../jest.config.mjs';

/** The built gateway under faults; one file after the other, because a fault of one is load for the other. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/*.faults.ts'],
  testTimeout: 180_000,
  maxWorkers: 1,
  reporters: ['<rootDir>/test/faults/reporter.mjs'],
};

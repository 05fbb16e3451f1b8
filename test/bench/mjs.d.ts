/**
 * The root project reads no JavaScript, so there the modules under test have no types. The project of this folder
 * (tsconfig.json beside this file) reads them, and checks both sides.
 */
declare module '*.mjs';

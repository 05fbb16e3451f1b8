import { it } from '@jest/globals';
import { fuzzResponses } from '../../libs/llm/src/testing/responses-fuzz.js';

const streams = Number(process.env['FUZZ_STREAMS'] ?? '100000');
const seed = process.env['FUZZ_SEED'];

it(`${streams} streams of the Responses API`, () =>
  fuzzResponses(streams, seed === undefined ? undefined : Number(seed)));

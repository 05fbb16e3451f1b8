import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogRecord, SinkEntry } from '#libs/plugin-api';
import { customFieldsSchema } from './custom-fields.js';
import { jsonArray, jsonLines, recordJson } from './record-json.js';

const entry = (value: object): SinkEntry => ({
  record: JSON.parse(JSON.stringify(value)) as LogRecord,
  json: Buffer.from(JSON.stringify(value)),
});
const batches = fc.array(fc.object({ withNullPrototype: false }).map(entry), { minLength: 1, maxLength: 5 });

it('hands the bytes on untouched when there is nothing to set', () => {
  const one = entry({ a: 1 });
  expect(recordJson(one, [])).toBe(one.json);
  expect(recordJson(one, customFieldsSchema.parse({ b: 'return 2' })).toString()).toBe('{"a":1,"b":2}');
});

it('writes lines and arrays that read back, whatever is in the records', () => {
  fc.assert(
    fc.property(batches, (batch) => {
      const values = batch.map(({ record }) => record);
      expect(JSON.parse(jsonArray(batch, []).toString())).toEqual(values);
      const lines = jsonLines(batch, []).toString().split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(values);
    }),
  );
});

import { expect, it } from '@jest/globals';
import { z } from '#libs/plugin-api';
import { fieldsAt } from './allowed.js';

it('lists the fields of a map, without those that only say why they are refused', () => {
  const schema = z.strictObject({
    a: z.string(),
    gone: z.never({ error: 'is not available' }).optional(),
    inner: z.strictObject({ b: z.int().default(1), gone: z.never().optional() }).prefault({}),
  });
  expect(fieldsAt(schema, [])).toEqual(['a', 'inner']);
  expect(fieldsAt(schema, ['inner'])).toEqual(['b']);
});

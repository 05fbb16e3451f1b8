import { expect, it } from '@jest/globals';
import { reasonOf } from './reason.js';

it.each([
  [new Error('two\nlines'), 'two lines'],
  [new AggregateError([new Error('a'), new Error('b'), new Error('a')], ''), 'a, b'],
  [new AggregateError([], 'none'), 'none'],
  [Object.assign(new Error(''), { name: 'Odd' }), 'Odd'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('%o says %s', (error, text) => expect(reasonOf(error)).toBe(text));

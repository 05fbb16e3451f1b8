import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { plugin } from '../testing/entities.js';
import { Precedence, type ScopeIds } from './precedence.js';

type Binding = Partial<Record<keyof ScopeIds, string>>;

/** Kong's order, most specific first. */
const ORDER: readonly Binding[] = [
  { consumer: 'c', route: 'r', service: 's' },
  { consumer: 'c', route: 'r' },
  { consumer: 'c', service: 's' },
  { route: 'r', service: 's' },
  { consumer: 'c' },
  { route: 'r' },
  { service: 's' },
  {},
];
const HERE: ScopeIds = { consumer: 'c', route: 'r', service: 's' };

function precedence(bindings: readonly Binding[]): Precedence<{ entity: ReturnType<typeof plugin> }> {
  const entries = new Precedence<{ entity: ReturnType<typeof plugin> }>();
  for (const binding of bindings) entries.add({ entity: plugin('p', binding) });
  return entries;
}

describe('Precedence', () => {
  it('lets the most specific entry win, whichever are there', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...ORDER], { minLength: 1 }), (bindings) => {
        const expected = ORDER.find((binding) => bindings.includes(binding)) ?? {};
        expect(precedence(bindings).winner(HERE)?.entity.id).toBe(plugin('p', expected).id);
      }),
    );
  });

  it.each([
    [{ consumer: undefined, route: 'r', service: 's' }, 'p@r@s'],
    [{ consumer: undefined, route: 'r', service: undefined }, 'p@r'],
    [{ consumer: undefined, route: 'other', service: 's' }, 'p@s'],
    [{ consumer: undefined, route: undefined, service: undefined }, 'p'],
    [{ consumer: 'other', route: 'other', service: 'other' }, 'p'],
  ])('in the scope %j the winner is %s', (ids, expected) => {
    expect(precedence(ORDER).winner(ids)?.entity.id).toBe(expected);
  });

  it('has no winner where nothing applies', () => {
    expect(precedence([{ route: 'r' }]).winner({ ...HERE, route: 'other' })).toBeUndefined();
  });

  it('does not take a route id for a service id', () => {
    expect(precedence([{ route: 's' }]).winner(HERE)).toBeUndefined();
  });

  it('keeps the first of two entries with the same binding', () => {
    const entries = precedence([]);
    entries.add({ entity: plugin('p', {}, { id: 'first' }) });
    entries.add({ entity: plugin('p', {}, { id: 'second' }) });
    expect(entries.winner(HERE)?.entity.id).toBe('first');
  });
});

import { describe, expect, it } from '@jest/globals';
import { BoundedLabel, OTHER } from './bounded-label.js';

describe('BoundedLabel', () => {
  it('tells so many values apart, all later ones are one', () => {
    const label = new BoundedLabel(3);
    expect(['a', 'b', 'c', 'd', 'a', 'b'].map((value) => label.value(value))).toEqual([
      'a',
      'b',
      OTHER,
      OTHER,
      'a',
      'b',
    ]);
  });

  it('cuts long values and knows them again', () => {
    const label = new BoundedLabel(2);
    const long = 'x'.repeat(1000);
    expect(label.value(long)).toBe('x'.repeat(128));
    expect(label.value(long)).toBe('x'.repeat(128));
  });

  it('gives nothing that UTF-8 cannot tell apart', () => {
    const label = new BoundedLabel();
    expect(label.value('\ud800')).toBe('\ufffd');
    expect(label.value(`${'x'.repeat(127)}😀`)).toBe(`${'x'.repeat(127)}\ufffd`);
    expect(label.value('😀')).toBe('😀');
  });
});

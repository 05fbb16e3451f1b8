import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { evaluate, MARKER, maskTemplates, type Expression } from './templates.js';

function expressionOf(template: string): Expression | undefined {
  const { templates } = maskTemplates(`key: ${template}`);
  expect(templates).toHaveLength(1);
  return templates[0]?.expression;
}

function valueOf(template: string, env: NodeJS.ProcessEnv): unknown {
  const expression = expressionOf(template);
  return expression && evaluate(expression, env);
}

describe('finding templates', () => {
  it.each([
    '${{ env "X" }}',
    '${{env "X"}}',
    "${{ env 'X' }}",
    '${{ env `X` }}',
    '${{ env \\"X\\" }}',
    "${{ env ''X'' }}",
    '${{   env   "X"   }}',
    '${{ env"X" }}',
  ])('understands %s', (template) => {
    expect(expressionOf(template)).toEqual({ variable: 'X', pipes: [], written: '${{ env "X" }}' });
  });

  it('understands a pipeline', () => {
    expect(expressionOf('${{ env "X" | indent 8 | toInt }}')).toMatchObject({
      variable: 'X',
      pipes: ['indent', 'toInt'],
    });
  });

  it.each([
    '${{ X }}',
    '${{ env X }}',
    '${{ env "X\' }}',
    '${{ env "X" | upper }}',
    '${{ env "X" "Y" }}',
    '${{ }}',
    '${{ env "" }}',
  ])('finds %s, but cannot understand it', (template) => {
    expect(expressionOf(template)).toBeUndefined();
  });

  it('blanks out only the beginning of a template that does not end on its line', () => {
    const { masked, templates } = maskTemplates('a: ${{ env "X"\nb: }}');
    expect(masked).toBe(`a: ${MARKER.repeat(3)} env "X"\nb: }}`);
    expect(templates).toEqual([{ start: 3, length: 3, expression: undefined }]);
  });

  it('leaves lines alone whose first non-blank character is #', () => {
    const text = '# ${{ env "A" }}\n  # ${{ env "B" }}\nkey: 1 # ${{ env "C" }}';
    const { masked, templates } = maskTemplates(text);
    expect(masked.split('\n').slice(0, 2)).toEqual(text.split('\n').slice(0, 2));
    expect(templates.map(({ expression }) => expression?.variable)).toEqual(['C']);
  });

  it('finds several in one line, and one next to another', () => {
    const { templates } = maskTemplates('a: ${{ env "A" }}${{ env "B" }} ${{ env "C" }}');
    expect(templates.map(({ expression }) => expression?.variable)).toEqual(['A', 'B', 'C']);
  });

  it('keeps every position: the masked text differs only where a template stands', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\n',
        '\r\n',
        '#',
        ' # ',
        '${{',
        '}}',
        '${{ env "A" }}',
        '${{ env \\"B\\" | toInt }}',
        '${{ what }}',
        '"',
        ': ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('').replaceAll(MARKER, '');
        const { masked, templates } = maskTemplates(text);
        expect(masked).toHaveLength(text.length);
        let from = 0;
        for (const { start, length } of templates) {
          expect(masked.slice(from, start)).toBe(text.slice(from, start));
          expect(masked.slice(start, start + length)).toBe(MARKER.repeat(length));
          expect(text.slice(start, start + length)).not.toMatch(/[\r\n]/);
          from = start + length;
        }
        expect(masked.slice(from)).toBe(text.slice(from));
      }),
    );
  });
});

describe('evaluating templates', () => {
  it.each([
    ['${{ env "X" }}', ' any text: {}', ' any text: {}'],
    ['${{ env "X" }}', '', ''],
    ['${{ env "X" | indent 4 }}', 'a\nb', 'a\nb'],
    ['${{ env "X" | toInt }}', '-42', -42],
    ['${{ env "X" | toFloat }}', '2.5e3', 2500],
    ['${{ env "X" | toFloat }}', '.5', 0.5],
    ['${{ env "X" | toBool }}', 'T', true],
    ['${{ env "X" | toBool }}', '0', false],
  ])('%s with %j is %j', (template, text, value) => {
    expect(valueOf(template, { X: text })).toEqual({ ok: true, value });
  });

  it.each([
    ['${{ env "X" | toInt }}', '4.2', 'is not an integer', 42],
    ['${{ env "X" | toInt }}', '', 'is not an integer', 42],
    ['${{ env "X" | toInt }}', '9007199254740993', 'is not an integer', 42],
    ['${{ env "X" | toFloat }}', 'NaN', 'is not a number', 42],
    ['${{ env "X" | toFloat }}', '1e999', 'is not a number', 42],
    ['${{ env "X" | toBool }}', 'yes', 'is not a boolean (true, false, 1, 0)', false],
  ])('%s refuses %j without showing it', (template, text, complaint, standIn) => {
    expect(valueOf(template, { X: text })).toEqual({
      ok: false,
      reason: `environment variable X ${complaint}`,
      standIn,
    });
  });

  it('names an unset variable, also one that every object seems to have', () => {
    expect(valueOf('${{ env "X" }}', {})).toMatchObject({ ok: false, reason: 'environment variable X is not set' });
    expect(valueOf('${{ env "constructor" }}', process.env)).toMatchObject({ ok: false });
  });
});

import { Scalar } from 'yaml';
import type { FaultList, Origin } from './faults.js';
import { evaluate, MARKER, TEMPLATE_FORMS, type Template } from './templates.js';
import { OMITTED, scalarNode, type ScalarNode, type Scalar as Value, type Unresolved } from './tree.js';

interface ScalarContext {
  readonly origin: Origin;
  /** The templates within the scalar, in order. */
  readonly templates: readonly Template[];
  readonly env: NodeJS.ProcessEnv;
  readonly faults: FaultList;
  /** The place of an offset of the file. */
  readonly at: (offset: number) => Origin;
}

/** A YAML scalar (undefined: an empty value) with its templates filled in. */
export function readScalar(scalar: Scalar | undefined, context: ScalarContext): ScalarNode {
  const { origin, templates, faults } = context;
  const value = scalar?.value ?? null;
  if (typeof value === 'string' && templates.length > 0) return fillIn(value, scalar?.type === Scalar.PLAIN, context);
  if (templates.length > 0) faults.error(origin, 'a template cannot stand here');
  if (value === null) return scalarNode(origin, null, [OMITTED]);
  if (typeof value === 'boolean' || typeof value === 'number') return scalarNode(origin, value, []);
  if (typeof value === 'string') {
    return scalarNode(origin, value, scalar?.type === Scalar.PLAIN ? booleanReading(value) : []);
  }
  faults.error(origin, 'only strings, numbers, true, false and null are supported');
  return scalarNode(origin, null);
}

function fillIn(masked: string, plain: boolean, { origin, templates, env, faults, at }: ScalarContext): ScalarNode {
  // An escape in the string may have made a marker of its own.
  if (masked.split(MARKER).length - 1 !== templates.reduce((sum, { length }) => sum + length, 0)) {
    faults.error(origin, 'a template cannot stand beside the character U+FDD0');
    return scalarNode(origin, '');
  }
  const unresolved: Unresolved[] = [];
  const blank: Unresolved[] = [];
  let values: Value[] = [];
  let standIns: Value[] = [];
  let references = '';
  let rest = masked;
  for (const { start, length, expression } of templates) {
    const marker = rest.indexOf(MARKER);
    const before = rest.slice(0, marker);
    rest = rest.slice(marker + length);
    if (expression === undefined) {
      faults.error(at(start), `this template cannot be understood; allowed is ${TEMPLATE_FORMS}`);
      continue;
    }
    const result = evaluate(expression, env);
    if (!result.ok) unresolved.push({ origin: at(start), reason: result.reason });
    else if (result.value === '') {
      blank.push({ origin: at(start), reason: `environment variable ${expression.variable} is empty` });
    }
    values = [...values, before, result.ok ? result.value : ''];
    standIns = [...standIns, before, result.ok ? result.value : result.standIn];
    references += before + expression.written;
  }
  const node = {
    kind: 'scalar',
    origin,
    written: references + rest,
    fromEnvironment: true,
    unresolved,
    blank,
  } as const;
  const value = joined([...values, rest]);
  if (unresolved.length > 0) return { ...node, value: '', readings: [joined([...standIns, rest]), OMITTED] };
  if (typeof value !== 'string') return { ...node, value, readings: [String(value)] };
  return { ...node, value, readings: plain ? typedReadings(value) : [] };
}

/** One value keeps its type; with text around it, it becomes text. */
function joined(parts: readonly Value[]): Value {
  const present = parts.filter((part) => part !== '');
  return present.length === 1 ? (present[0] ?? '') : present.join('');
}

/** What decK, which substitutes before parsing, makes of an unquoted value: text that looks like a number is one. */
function typedReadings(text: string): ScalarNode['readings'] {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return [Number(text)];
  return booleanReading(text);
}

const BOOLEANS = new Map([
  ...['yes', 'on', 'true'].map((text) => [text, true] as const),
  ...['no', 'off', 'false'].map((text) => [text, false] as const),
]);

/** The booleans of YAML 1.1, which Kong and decK read, and YAML 1.2 does not. */
function booleanReading(text: string): ScalarNode['readings'] {
  const value = BOOLEANS.get(text.toLowerCase());
  return value === undefined ? [] : [value];
}

import type { LogRecord } from '#libs/plugin-api';
import { z } from '#libs/plugin-api';

/** A literal that Kong's `custom_fields_by_lua` sets; undefined takes the field out of the record. */
export interface CustomField {
  readonly path: readonly string[];
  readonly value: string | number | boolean | undefined;
}

type JsonObject = Record<string, unknown>;

const CHUNK = /^\s*return\s+(.+?)\s*;?\s*$/s;
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SHORT_STRING = /^(?:"((?:[^"\\\n]|\\["\\nrt])*)"|'((?:[^'\\\n]|\\['\\nrt])*)')$/;
const LONG_STRING = /^\[\[([^\]]*)\]\]$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Name → Lua chunk, as Kong has it, of which only literals are understood. */
export const customFieldsSchema = z
  .record(z.string().min(1), z.string())
  .default({})
  .describe(
    'Record fields to be set (dots lead into nested objects, `\\.` is a dot in a name) or, with `return nil`, left out. Lua is not run: ' +
      'the value has to be `return` and a literal: nil, true, false, a number or a string',
  )
  .transform((chunks, context): readonly CustomField[] =>
    Object.entries(chunks).map(([name, chunk]) => {
      const literal = readLiteral(chunk);
      const path = splitName(name);
      if (!literal) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'Lua is not run here, only a literal is possible: return nil, true, false, a number or a string',
        });
      } else if (!path) {
        context.addIssue({ code: 'custom', path: [name], message: 'expected names joined by single dots, no [n]' });
      }
      return { path: path ?? [], value: literal?.value };
    }),
  );

/** A copy of the record with the fields set, in their order; where a path leads through something that is no object, nothing is set. */
export function withCustomFields(record: LogRecord, fields: readonly CustomField[]): object {
  let result = record as unknown as JsonObject;
  for (const { path, value } of fields) result = withField(result, path, value);
  return result;
}

function withField(target: JsonObject, [name, ...rest]: readonly string[], value: CustomField['value']): JsonObject {
  if (name === undefined) return target;
  const present = Object.hasOwn(target, name) ? target[name] : undefined;
  if (rest.length === 0) {
    const { [name]: _, ...others } = target;
    return value === undefined ? others : { ...target, [name]: value };
  }
  if (present === undefined) return value === undefined ? target : { ...target, [name]: withField({}, rest, value) };
  if (typeof present !== 'object' || present === null || Array.isArray(present)) return target;
  return { ...target, [name]: withField(present as JsonObject, rest, value) };
}

function readLiteral(chunk: string): { value: CustomField['value'] } | undefined {
  const literal = CHUNK.exec(chunk)?.[1];
  if (literal === undefined) return undefined;
  if (literal === 'nil') return { value: undefined };
  if (literal === 'true' || literal === 'false') return { value: literal === 'true' };
  if (NUMBER.test(literal)) return { value: Number(literal) };
  const short = SHORT_STRING.exec(literal);
  const quoted = short?.[1] ?? short?.[2];
  if (quoted !== undefined) {
    return { value: quoted.replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped) };
  }
  const long = LONG_STRING.exec(literal)?.[1];
  return long === undefined ? undefined : { value: long.replace(/^\r?\n/, '') };
}

/** `a.b\.c` → `a`, `b.c`; undefined for an empty step or an array index. */
function splitName(name: string): string[] | undefined {
  const path = name.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return path.includes('') || path.includes('__proto__') || /\[\d+\]/.test(name) ? undefined : path;
}

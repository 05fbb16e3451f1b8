import type { z } from '#libs/plugin-api';
import { follow, OMITTED, toPlain, type ConfigNode, type Scalar, type ScalarNode } from './tree.js';

export type Issue = z.core.$ZodIssue;

/** Stands for "the schema's author wrote no message of their own". */
export const NO_MESSAGE = '';

export type Validated =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Puts a tree through a schema. Where the schema refuses a scalar that can be read in another way (`readings`), the next
 * reading is tried, so that a quoted or substituted number, YAML 1.1's `yes` and an explicit null mean what they mean in
 * Kong. When no reading passes, the issues are those of the scalar as it is written.
 * @throws what the schema throws, e.g. for an asynchronous refinement.
 */
export function validate(schema: z.ZodType, node: ConfigNode): Validated {
  const tried = new Map<ScalarNode, number>();
  const read = (scalar: ScalarNode): Scalar | typeof OMITTED => {
    const turn = tried.get(scalar) ?? 0;
    // Behind the last reading the value itself comes again, for good.
    return turn === 0 || turn > scalar.readings.length ? scalar.value : (scalar.readings[turn - 1] ?? null);
  };
  for (;;) {
    const result = schema.safeParse(toPlain(node, read), { error: () => NO_MESSAGE });
    if (result.success) return { ok: true, output: result.data };
    let retry = false;
    for (const path of pathsOf(result.error.issues)) {
      const found = follow(node, path).node;
      if (found?.kind !== 'scalar') continue;
      const turn = tried.get(found) ?? 0;
      if (turn > found.readings.length || found.readings.length === 0) continue;
      tried.set(found, turn + 1);
      retry = true;
    }
    if (!retry) return { ok: false, issues: result.error.issues };
  }
}

/** Paths of all issues, those within unions, keys and elements too; each once. */
function pathsOf(issues: readonly Issue[]): PropertyKey[][] {
  const paths = new Map<string, PropertyKey[]>();
  const visit = (list: readonly Issue[], base: readonly PropertyKey[]): void => {
    for (const issue of list) {
      const path = [...base, ...issue.path];
      paths.set(JSON.stringify(path.map(String)), path);
      if (issue.code === 'invalid_union') for (const branch of issue.errors) visit(branch, path);
      if (issue.code === 'invalid_element') visit(issue.issues, path);
    }
  };
  visit(issues, []);
  return [...paths.values()];
}

import { z } from '#libs/plugin-api';

/** The part of JSON Schema that is looked at. */
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: unknown;
}

const cache = new WeakMap<z.ZodType, JsonSchema[]>();

/** The field names that a schema knows in the map at `path`, in the schema's order; of all variants when there are several. */
export function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const names = new Set<string>();
  for (const root of views(schema)) {
    let places = variants([root], root);
    for (const step of path)
      places = variants(
        places.flatMap((place) => below(place, step)),
        root,
      );
    for (const { properties = {} } of places) {
      // A field that only says why it is refused is none that could be meant.
      for (const [name, { not }] of Object.entries(properties)) if (not === undefined) names.add(name);
    }
  }
  return [...names];
}

/** What goes in and what comes out: a field behind a preprocessing step is only visible in the latter. */
function views(schema: z.ZodType): JsonSchema[] {
  let found = cache.get(schema);
  if (found === undefined) {
    found = (['input', 'output'] as const).flatMap((io) => {
      try {
        return [z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema];
      } catch {
        return []; // A schema that JSON Schema cannot tell: messages do without the names.
      }
    });
    cache.set(schema, found);
  }
  return found;
}

function variants(schemas: readonly JsonSchema[], root: JsonSchema): JsonSchema[] {
  const seen = new Set<JsonSchema>();
  const visit = (schema: JsonSchema): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const target = schema.$ref === undefined ? undefined : referenced(schema.$ref, root);
    if (target !== undefined) visit(target);
    for (const part of [schema.anyOf, schema.oneOf, schema.allOf].flat()) if (part !== undefined) visit(part);
  };
  schemas.forEach(visit);
  return [...seen];
}

function referenced(ref: string, root: JsonSchema): JsonSchema | undefined {
  return ref === '#' ? root : root.$defs?.[ref.replace('#/$defs/', '')];
}

function below(schema: JsonSchema, step: PropertyKey): JsonSchema[] {
  if (typeof step === 'number') return [schema.prefixItems?.[step] ?? schema.items].flat().filter(isSchema);
  return [schema.properties?.[String(step)] ?? schema.additionalProperties].filter(isSchema);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

import { z, type PluginMetadata } from '#libs/plugin-api';
import { formatFault } from '../faults.js';
import { parseConfig, type LoadResult } from '../load.js';
import type { CatalogEntry } from '../plugins.js';
import type { ConfigSnapshot } from '../snapshot.js';

/** Small stand-ins for the real plugins, with the shapes that matter to loading: nested maps, enums, unions, lists, defaults. */
const aiProxy = z.strictObject({
  route_type: z.enum(['llm/v1/chat', 'llm/v1/embeddings']),
  llm_format: z.enum(['openai', 'anthropic']).default('openai'),
  max_request_body_size: z.int().min(0).default(10_485_760),
  auth: z
    .strictObject({
      header_name: z.string().min(1),
      header_value: z.string(),
      allow_override: z.boolean(),
    })
    .partial()
    .prefault({}),
  model: z.strictObject({
    provider: z.enum(['openai', 'anthropic']),
    name: z.string().min(1).optional(),
    options: z
      .strictObject({ temperature: z.number().min(0).max(5), max_tokens: z.int().positive(), upstream_url: z.url() })
      .partial()
      .prefault({}),
  }),
});

type AiProxy = z.output<typeof aiProxy>;

const fileLog = z.strictObject({
  path: z.string().regex(/^[^*&%`\\]+$/, 'must be a path without * & % ` and \\'),
  reopen: z.boolean().default(false),
  headers: z.record(z.string(), z.string()).optional(),
  tags: z.array(z.string()).max(2).optional(),
});

/** Every kind of refusal that zod has. */
const oddities = z.strictObject({
  port: z.union([z.int(), z.enum(['auto', 'off'])]).optional(),
  sink: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('file'), path: z.string() }),
      z.strictObject({ kind: z.literal('tcp'), host: z.string(), port: z.int() }),
    ])
    .optional(),
  source: z
    .union([z.strictObject({ file: z.string() }), z.strictObject({ url: z.url(), retries: z.int() })])
    .optional(),
  even: z.int().multipleOf(2).optional(),
  name: z.string().min(3).max(5).startsWith('a').endsWith('z').optional(),
  list: z.array(z.string()).min(1).optional(),
  ratio: z.number().gt(0).lt(1).optional(),
  pairs: z.record(z.string().regex(/^[a-z]+$/, 'small letters only'), z.int()).optional(),
  exact: z.literal('this').optional(),
  nullable: z.string().nullable().default('set'),
  early: z.preprocess((value) => value, z.strictObject({ inner: z.string() })).optional(),
  quoting: z
    .string()
    .refine((text) => text === 'ok', { error: ({ input }) => `${String(input)} is not ok` })
    .optional(),
  throwing: z
    .string()
    .transform((text): string => {
      throw new Error(`cannot use ${text}`);
    })
    .optional(),
});

function entry(metadata: PluginMetadata, check?: CatalogEntry['check']): [string, CatalogEntry] {
  return [metadata.name, check === undefined ? { metadata } : { metadata, check }];
}

export const catalog: ReadonlyMap<string, CatalogEntry> = new Map([
  entry(
    { name: 'ai-proxy', priority: 770, config: aiProxy, referenceable: ['auth.header_name', 'auth.header_value'] },
    ({ auth }: AiProxy) =>
      auth.header_name !== undefined && (auth.header_value ?? '') === ''
        ? [{ path: ['auth'], message: 'header_name and header_value must be set together' }]
        : [],
  ),
  entry({ name: 'file-log', priority: 9, config: fileLog }),
  entry({ name: 'oddities', priority: 1, config: oddities }),
]);

/** Loads one text as `t.yaml`. */
export function load(text: string, env: NodeJS.ProcessEnv = {}): LoadResult {
  return parseConfig([{ file: 't.yaml', text }], catalog, env);
}

/** The faults of a text, one line each. */
export function faultsOf(text: string, env: NodeJS.ProcessEnv = {}): string[] {
  return load(text, env).faults.map(formatFault);
}

/** The snapshot of a text that must have no error. */
export function snapshotOf(text: string, env: NodeJS.ProcessEnv = {}): ConfigSnapshot {
  const { snapshot, faults } = load(text, env);
  if (snapshot === undefined) throw new Error(faults.map(formatFault).join('\n'));
  return snapshot;
}

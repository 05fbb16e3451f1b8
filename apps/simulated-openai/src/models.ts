/** How hard a reasoning model may think, from least to most. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

/** What the simulation knows of a model. Tokens are counted as the model's maker counts them. */
export interface Model {
  /** The alias that clients use. */
  readonly id: string;
  /** The dated name in responses; accepted in requests too. */
  readonly snapshot: string;
  /** Unix seconds. */
  readonly created: number;
  readonly ownedBy: string;
  /** `deepseek`: an OpenAI-compatible server with its own rules (`max_tokens`, visible `reasoning_content`). */
  readonly dialect: 'openai' | 'deepseek';
  readonly contextWindow: number;
  /** Most tokens a request may bring; smaller than the window on models that reserve room for the answer. */
  readonly maxInput: number;
  readonly maxOutput: number;
  /** `undefined`: the model does not reason. */
  readonly reasoning: { readonly efforts: readonly Effort[]; readonly default: Effort } | undefined;
  /** gpt-5.4 and later take function tools in chat completions only with effort `none`. */
  readonly toolsNeedNoReasoningOnChat: boolean;
  /** gpt-5.4 and later load tools during a conversation (`tool_search`, `additional_tools` of the Responses API). */
  readonly toolSearch: boolean;
  /** gpt-5.6 and later let the caller mark cache breakpoints and report cache writes. */
  readonly cacheBreakpoints: boolean;
  readonly verbosity: boolean;
  readonly images: boolean;
  /** Longest `tool_calls[].id` in chat completions. */
  readonly toolCallIdLength: number;
}

const OPENAI = {
  ownedBy: 'system',
  dialect: 'openai',
  images: true,
  verbosity: false,
  toolsNeedNoReasoningOnChat: false,
  toolSearch: false,
  cacheBreakpoints: false,
  reasoning: undefined,
  toolCallIdLength: 64,
} as const;

const GPT_4 = { ...OPENAI, toolCallIdLength: 40 } as const;

const O_SERIES = {
  ...OPENAI,
  contextWindow: 200_000,
  maxInput: 200_000,
  maxOutput: 100_000,
  reasoning: { efforts: ['low', 'medium', 'high'], default: 'medium' },
} as const;

const GPT_5 = {
  ...OPENAI,
  verbosity: true,
  contextWindow: 400_000,
  maxInput: 272_000,
  maxOutput: 128_000,
  reasoning: { efforts: ['minimal', 'low', 'medium', 'high'], default: 'medium' },
} as const;

const MODELS: readonly Model[] = [
  {
    ...GPT_4,
    id: 'gpt-4o',
    snapshot: 'gpt-4o-2024-08-06',
    created: 1_715_367_049,
    contextWindow: 128_000,
    maxInput: 128_000,
    maxOutput: 16_384,
  },
  {
    ...GPT_4,
    id: 'gpt-4.1',
    snapshot: 'gpt-4.1-2025-04-14',
    created: 1_744_316_542,
    contextWindow: 1_047_576,
    maxInput: 1_047_576,
    maxOutput: 32_768,
  },
  { ...O_SERIES, id: 'o3', snapshot: 'o3-2025-04-16', created: 1_744_225_308 },
  { ...O_SERIES, id: 'o4-mini', snapshot: 'o4-mini-2025-04-16', created: 1_744_225_351 },
  { ...GPT_5, id: 'gpt-5', snapshot: 'gpt-5-2025-08-07', created: 1_754_425_777 },
  { ...GPT_5, id: 'gpt-5-mini', snapshot: 'gpt-5-mini-2025-08-07', created: 1_754_425_928 },
  { ...GPT_5, id: 'gpt-5-nano', snapshot: 'gpt-5-nano-2025-08-07', created: 1_754_426_384 },
  {
    ...GPT_5,
    id: 'gpt-5.2',
    snapshot: 'gpt-5.2-2025-12-11',
    created: 1_765_313_051,
    reasoning: { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], default: 'none' },
  },
  {
    ...GPT_5,
    id: 'gpt-5.4',
    snapshot: 'gpt-5.4-2026-03-05',
    created: 1_772_654_062,
    contextWindow: 1_050_000,
    maxInput: 922_000,
    reasoning: { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], default: 'none' },
    toolsNeedNoReasoningOnChat: true,
    toolSearch: true,
  },
  {
    ...GPT_5,
    id: 'gpt-5.6',
    snapshot: 'gpt-5.6-2026-07-09',
    created: 1_783_555_200,
    contextWindow: 1_050_000,
    maxInput: 922_000,
    reasoning: { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], default: 'medium' },
    toolsNeedNoReasoningOnChat: true,
    toolSearch: true,
    cacheBreakpoints: true,
  },
  {
    ...OPENAI,
    id: 'deepseek-chat',
    snapshot: 'deepseek-chat',
    created: 1_735_689_600,
    ownedBy: 'deepseek',
    dialect: 'deepseek',
    images: false,
    contextWindow: 131_072,
    maxInput: 131_072,
    maxOutput: 65_536,
    reasoning: { efforts: ['low', 'medium', 'high'], default: 'medium' },
  },
];

/** A stand-in for a name outside the table, for a simulation that does not check requests. */
export const unknownModel = (name: string): Model => ({
  ...GPT_4,
  id: name,
  snapshot: name,
  created: 0,
  contextWindow: Infinity,
  maxInput: Infinity,
  maxOutput: Infinity,
});

export interface EmbeddingModel {
  readonly id: string;
  readonly created: number;
  readonly dimensions: number;
  /** Only the third generation shortens its vectors on request. */
  readonly shortens: boolean;
}

const EMBEDDING_MODELS: readonly EmbeddingModel[] = [
  { id: 'text-embedding-3-small', created: 1_705_948_997, dimensions: 1536, shortens: true },
  { id: 'text-embedding-3-large', created: 1_705_953_180, dimensions: 3072, shortens: true },
  { id: 'text-embedding-ada-002', created: 1_671_217_299, dimensions: 1536, shortens: false },
];

const byName = new Map(MODELS.flatMap((model) => [[model.id, model] as const, [model.snapshot, model] as const]));
const embeddingById = new Map(EMBEDDING_MODELS.map((model) => [model.id, model] as const));

/** By alias or snapshot name. */
export const findModel = (name: string): Model | undefined => byName.get(name);
export const findEmbeddingModel = (name: string): EmbeddingModel | undefined => embeddingById.get(name);

export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /v1/models`: aliases and snapshots, newest last. */
export const modelEntries: readonly ModelEntry[] = [
  ...[...byName].map(([id, model]) => entry(id, model.created, model.ownedBy)),
  ...EMBEDDING_MODELS.map((model) => entry(model.id, model.created, 'system')),
].sort((a, b) => a.created - b.created);

function entry(id: string, created: number, ownedBy: string): ModelEntry {
  return { id, object: 'model', created, owned_by: ownedBy };
}

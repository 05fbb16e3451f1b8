import type { Capabilities, Dialect } from './capabilities.js';

/** What an OpenAI model of unknown name is taken for: current parameter names, no reasoning. */
const OPENAI: Capabilities = {
  endpoints: ['responses', 'chat'],
  contextWindow: undefined,
  maxOutput: undefined,
  maxTokensField: 'max_completion_tokens',
  developerRole: false,
  systemAnywhere: true,
  temperature: true,
  topK: false,
  efforts: [],
  reasoningWithToolsOnChat: true,
  reasoningContent: 'drop',
  thinkTags: false,
  vision: true,
  pdf: true,
  streamUsage: true,
  streamObfuscation: true,
  additionalTools: false,
  reasoningSummary: true,
  cacheBreakpoints: false,
  cacheKey: true,
  serviceTier: true,
  parallelToolCalls: true,
  strict: true,
  toolLimit: 128,
  structuredOutput: 'json_schema',
  textParts: true,
  arrayToolContent: true,
  emptyToolContent: true,
  imageTokens: { kind: 'tiles', base: 85, tile: 170 },
  adjustments: [],
  refusedTools: new Map(),
};

/** What every server that calls itself compatible takes; the rest is opt-in. */
const COMPATIBLE: Capabilities = {
  ...OPENAI,
  endpoints: ['chat'],
  maxTokensField: 'max_tokens',
  // Nobody else begins an answer with this tag.
  thinkTags: true,
  pdf: false,
  streamObfuscation: false,
  cacheKey: false,
  serviceTier: false,
  strict: false,
  textParts: false,
  arrayToolContent: false,
  emptyToolContent: false,
};

/** `efforts` and sampling by family: OpenAI's reasoning guide and the refusals that name the accepted values. */
const REASONING = { developerRole: true, temperature: false } as const satisfies Partial<Capabilities>;
const GPT_5_IMAGES = { kind: 'tiles', base: 70, tile: 140 } as const;
const GPT_5 = {
  ...REASONING,
  contextWindow: 400_000,
  maxOutput: 128_000,
  efforts: ['minimal', 'low', 'medium', 'high'],
  imageTokens: GPT_5_IMAGES,
} as const satisfies Partial<Capabilities>;
const GPT_5_SMALL = {
  ...GPT_5,
  imageTokens: { kind: 'patches', factor: 1.62 },
} as const satisfies Partial<Capabilities>;
const GPT_5_1 = {
  ...GPT_5,
  efforts: ['none', 'low', 'medium', 'high'],
} as const satisfies Partial<Capabilities>;
const GPT_5_2 = {
  ...GPT_5_1,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
} as const satisfies Partial<Capabilities>;
const GPT_5_4 = {
  ...GPT_5_2,
  reasoningWithToolsOnChat: false,
  additionalTools: true,
} as const satisfies Partial<Capabilities>;
const GPT_5_6 = {
  ...GPT_5_4,
  contextWindow: 1_050_000,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  cacheBreakpoints: true,
} as const satisfies Partial<Capabilities>;
const GPT_5_CHAT = {
  developerRole: true,
  contextWindow: 128_000,
  maxOutput: 16_384,
  imageTokens: GPT_5_IMAGES,
} as const satisfies Partial<Capabilities>;
const O_SERIES = {
  ...REASONING,
  contextWindow: 200_000,
  maxOutput: 100_000,
  efforts: ['low', 'medium', 'high'],
  parallelToolCalls: false,
  imageTokens: { kind: 'tiles', base: 75, tile: 150 },
} as const satisfies Partial<Capabilities>;
const GPT_4 = { pdf: false, structuredOutput: 'json_object' } as const satisfies Partial<Capabilities>;

type Row = readonly [name: RegExp, facts: Partial<Capabilities>];

/** The first row whose pattern fits the model's name holds. Windows and limits in tokens, as on OpenAI's model pages. */
const OPENAI_MODELS: readonly Row[] = [
  [/^(?:gpt-5(?:\.\d+)?-chat|chatgpt-)/, GPT_5_CHAT],
  [/^gpt-5-pro/, { ...GPT_5, endpoints: ['responses'], maxOutput: 272_000, efforts: ['high'] }],
  [/^gpt-5\.\d+-pro/, { ...GPT_5_4, endpoints: ['responses'], efforts: ['medium', 'high', 'xhigh'] }],
  [/^gpt-5-codex/, { ...GPT_5, endpoints: ['responses'], efforts: ['low', 'medium', 'high'] }],
  [/^gpt-5\.1-codex-max/, { ...GPT_5_2, endpoints: ['responses'] }],
  [/^gpt-5\.1-codex/, { ...GPT_5_1, endpoints: ['responses'], efforts: ['low', 'medium', 'high'] }],
  [/^gpt-5\.\d+-codex/, { ...GPT_5_2, endpoints: ['responses'], efforts: ['low', 'medium', 'high', 'xhigh'] }],
  [/^gpt-5-(?:mini|nano)/, GPT_5_SMALL],
  [/^gpt-5(?![\d.])/, GPT_5],
  [/^gpt-5\.1(?!\d)/, GPT_5_1],
  [/^gpt-5\.[23](?!\d)/, GPT_5_2],
  [/^gpt-5\.4-(?:mini|nano)/, { ...GPT_5_4, imageTokens: GPT_5_SMALL.imageTokens }],
  [/^gpt-5\.[45](?!\d)/, { ...GPT_5_4, contextWindow: 1_050_000 }],
  // The newest family known stands for those that follow it.
  [/^gpt-(?:5\.\d|[6-9]|\d\d)/, GPT_5_6],
  [/^o\d+-mini/, { ...O_SERIES, imageTokens: { kind: 'patches', factor: 1.72 } }],
  [/^o\d+-pro/, { ...O_SERIES, endpoints: ['responses'] }],
  [/^o\d/, O_SERIES],
  [/^gpt-4\.1-mini/, { contextWindow: 1_047_576, maxOutput: 32_768, imageTokens: { kind: 'patches', factor: 1.62 } }],
  [/^gpt-4\.1-nano/, { contextWindow: 1_047_576, maxOutput: 32_768, imageTokens: { kind: 'patches', factor: 2.46 } }],
  [/^gpt-4\.1/, { contextWindow: 1_047_576, maxOutput: 32_768 }],
  [/^gpt-4o/, { contextWindow: 128_000, maxOutput: 16_384 }],
  [/^gpt-4-turbo|^gpt-4-(?:0125|1106|vision)/, { ...GPT_4, contextWindow: 128_000, maxOutput: 4096 }],
  [/^gpt-4-32k/, { ...GPT_4, vision: false, contextWindow: 32_768 }],
  [/^gpt-4/, { ...GPT_4, vision: false, contextWindow: 8192 }],
  [/^gpt-3\.5/, { ...GPT_4, vision: false, contextWindow: 16_385, maxOutput: 4096 }],
];

/**
 * Models on other people's servers. Thinking models demand the reasoning of earlier tool turns back: DeepSeek refuses with
 * "The `reasoning_content` in the thinking mode must be passed back", Kimi with "reasoning_content is missing in assistant
 * tool call message".
 */
const COMPATIBLE_MODELS: readonly Row[] = [
  [/deepseek/, { reasoningContent: 'require', vision: false, structuredOutput: 'json_object' }],
  [/kimi|moonshot/, { reasoningContent: 'require' }],
  [/glm|minimax/, { reasoningContent: 'replay' }],
  [/gpt-oss/, { reasoningContent: 'replay', vision: false, efforts: ['low', 'medium', 'high'] }],
];

/**
 * The table's facts about a model. OpenAI's models keep OpenAI's rules on whatever server they are reached (Azure, a proxy); the
 * dialect decides about names that are not known. Prefixes such as `openai/` and `ft:` are passed over.
 */
export function factsOf(model: string, dialect: Dialect): Capabilities {
  const name = model.toLowerCase().replace(/^.*\//, '').replace(/^ft:/, '');
  const row = (rows: readonly Row[]) => rows.find(([pattern]) => pattern.test(name))?.[1];
  const ofOpenAi = row(OPENAI_MODELS);
  if (ofOpenAi !== undefined || dialect === 'openai') return { ...OPENAI, ...ofOpenAi };
  return { ...COMPATIBLE, ...row(COMPATIBLE_MODELS) };
}

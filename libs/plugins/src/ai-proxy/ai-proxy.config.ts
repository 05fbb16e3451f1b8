import { z } from '#libs/plugin-api';

/** Kong's route types; the ones outside the first list are refused with a sentence of their own. */
const ROUTE_TYPES = ['llm/v1/chat', 'llm/v1/completions', 'llm/v1/embeddings', 'llm/v1/responses', 'preserve'] as const;
const LLM_FORMATS = ['anthropic', 'openai'] as const;
const PROVIDERS = ['openai', 'anthropic'] as const;

/** One of `allowed`; a value that Kong knows and this gateway lacks is told apart from a misspelt one. */
function oneOf<const T extends readonly string[]>(allowed: T, kongOnly: readonly string[], what: string) {
  return z.enum(allowed, {
    error: (issue) =>
      typeof issue.input === 'string' && kongOnly.includes(issue.input)
        ? `${what} "${issue.input}" is not available in this gateway, allowed: ${allowed.join(', ')}`
        : undefined,
  });
}

const price = z.number().min(0);

const optionsSchema = z
  .strictObject({
    max_tokens: z.int().positive().describe('Output tokens at most; wins over the client'),
    temperature: z.number().min(0).max(5).describe('Wins over the client'),
    top_p: z.number().min(0).max(1).describe('Wins over the client'),
    top_k: z.int().min(0).max(500).describe('Wins over the client; only for servers that take it'),
    reasoning_effort: z
      .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
      .describe('Effort of a reasoning model when the client asks for none'),
    input_cost: price.describe('USD per million input tokens; 0 for a model that costs nothing'),
    output_cost: price.describe('USD per million output tokens'),
    cache_read_cost: price.describe('USD per million input tokens read from the prompt cache'),
    cache_write_cost: price.describe('USD per million input tokens written to the prompt cache'),
    upstream_url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
      .describe('Full URL, path included, in place of the provider’s'),
    upstream_path: z.string().startsWith('/').describe('Replaces only the path of the provider’s URL'),
    anthropic_version: z.string().min(1).describe('Sent as the header anthropic-version when the client sends none'),
    capabilities: z
      .strictObject({
        context_window: z.int().positive().describe('Tokens of input and output together'),
        max_output_tokens: z.int().positive().describe('Tokens; a larger max_tokens is clamped'),
        max_tokens_field: z
          .enum(['max_tokens', 'max_completion_tokens'])
          .describe('Name of the output limit on the wire'),
        developer_role: z.boolean().describe('The model takes the role developer in place of system'),
        temperature: z.boolean().describe('The model takes temperature and top_p'),
        top_k: z.boolean().describe('The server takes top_k'),
        reasoning_efforts: z
          .array(z.string())
          .describe('Accepted values of reasoning_effort; [] for a model without reasoning'),
        reasoning_content: z.boolean().describe('The server wants earlier reasoning_content back'),
        think_tags: z.boolean().describe('The server writes its reasoning into the text, between <think> and </think>'),
        vision: z.boolean().describe('The model takes images'),
        pdf: z.boolean().describe('The model takes PDF files'),
        stream_usage: z.boolean().describe('The server takes stream_options.include_usage'),
        array_tool_content: z.boolean().describe('The server takes text parts as the content of a tool message'),
        prompt_cache_breakpoints: z.boolean().describe('The model takes prompt_cache_breakpoint'),
      })
      .partial()
      .describe('What the model can do, where the built-in table is wrong or does not know it'),
  })
  .partial();

export const aiProxyConfig = z.strictObject({
  route_type: oneOf(
    ROUTE_TYPES,
    [
      'llm/v1/files',
      'llm/v1/batches',
      'llm/v1/assistants',
      'audio/v1/audio/speech',
      'audio/v1/audio/transcriptions',
      'audio/v1/audio/translations',
      'image/v1/images/generations',
      'image/v1/images/edits',
      'video/v1/videos/generations',
      'realtime/v1/realtime',
    ],
    'route type',
  ).describe('The kind of traffic; with llm_format anthropic it names the upstream API family'),
  llm_format: oneOf(LLM_FORMATS, ['bedrock', 'gemini', 'cohere', 'huggingface'], 'format')
    .default('openai')
    .describe('The format that clients speak'),
  genai_category: oneOf(
    ['text/generation', 'text/embeddings'],
    ['audio/speech', 'audio/transcription', 'image/generation', 'video/generation', 'realtime/generation'],
    'category',
  ).default('text/generation'),
  response_streaming: z
    .enum(['allow', 'deny', 'always'])
    .default('allow')
    .describe('deny: a request for a stream gets 400; always: every answer is streamed'),
  max_request_body_size: z
    .int()
    .min(0)
    .default(10 * 1024 * 1024)
    .describe('Bytes after decompression; a larger body gets 413; 0: no limit'),
  model_name_header: z.boolean().default(true).describe('Answer with X-Kong-LLM-Model'),
  auth: z
    .strictObject({
      header_name: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name'),
      header_value: z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected a header value without line breaks'),
      param_name: z.string().min(1),
      param_value: z.string(),
      param_location: z.enum(['query', 'body']),
      allow_override: z.boolean().describe('true: a credential that the client sends in this place is used instead'),
    })
    .partial()
    .prefault({}),
  logging: z
    .strictObject({
      log_statistics: z.boolean().default(true).describe('Leave the `ai` object in the log record'),
      log_payloads: z.boolean().default(false).describe('Keep request and answer texts in the log record'),
      max_payload_size: z
        .int()
        .positive()
        .default(1024 * 1024)
        .describe('Bytes kept of each text; longer ones are cut'),
    })
    .prefault({}),
  model: z.strictObject({
    provider: oneOf(
      PROVIDERS,
      [
        'azure',
        'bedrock',
        'cerebras',
        'cohere',
        'dashscope',
        'databricks',
        'deepseek',
        'gemini',
        'huggingface',
        'llama2',
        'mistral',
        'ollama',
        'vllm',
        'xai',
      ],
      'provider',
    ).describe('openai also serves every OpenAI-compatible server by options.upstream_url'),
    name: z
      .string()
      .min(1)
      .optional()
      .describe('Asked of the upstream whatever the client names; unset: the client’s own'),
    model_alias: z.string().min(1).optional().describe('The name under which clients list and see the model'),
    options: optionsSchema.prefault({}),
  }),
  streaming: z
    .strictObject({
      ping_interval: z
        .int()
        .min(10)
        .max(60_000)
        .default(10_000)
        .describe('Milliseconds of silence after which the client gets a ping'),
      first_byte_timeout: z
        .int()
        .min(10)
        .optional()
        .describe('Milliseconds until the upstream’s response head; default 600000'),
      idle_timeout: z
        .int()
        .min(10)
        .optional()
        .describe('Milliseconds between two reads of the upstream’s body; default 300000'),
    })
    .prefault({})
    .describe('Liveness of long answers'),
  translation: z
    .strictObject({
      strict_prefill: z
        .boolean()
        .default(false)
        .describe('Answer 400 to a last message of the assistant in place of emulating it'),
      strip_attribution: z
        .boolean()
        .default(true)
        .describe('Leave Claude Code’s changing attribution line out of the system prompt'),
      tool_error_prefix: z.string().default('[tool error] ').describe('Put before the text of a failed tool result'),
      fetch_documents: z
        .boolean()
        .default(false)
        .describe(
          'Fetch PDFs and texts that a client names by URL, where the upstream cannot: HTTPS, public addresses, no redirects, 32 MiB at most',
        ),
      refusal_as_end_turn: z.boolean().default(false).describe('Report a refusal as a normal end of turn'),
      echo_client_model: z.boolean().default(true).describe('Answers carry the model name that the client sent'),
    })
    .prefault({})
    .describe('Choices where two formats have no exact counterpart'),
});

export type AiProxyConfig = z.output<typeof aiProxyConfig>;

const ANTHROPIC_ROUTES = new Set<string>(['llm/v1/chat', 'llm/v1/responses', 'preserve']);

interface Problem {
  path: (string | number)[];
  message: string;
}

/** What the schema cannot see: fields that go together. */
export function checkAiProxyConfig(config: AiProxyConfig): Problem[] {
  const problems: Problem[] = [];
  const { auth, model } = config;
  if ((auth.header_name === undefined) !== (auth.header_value === undefined)) {
    problems.push({ path: ['auth'], message: 'header_name and header_value must be set together' });
  }
  const params = [auth.param_name, auth.param_value, auth.param_location];
  if (params.some((value) => value !== undefined) && params.includes(undefined)) {
    problems.push({ path: ['auth'], message: 'param_name, param_value and param_location must be set together' });
  }
  if (model.provider === 'anthropic' && config.llm_format !== 'anthropic') {
    problems.push({
      path: ['llm_format'],
      message: 'provider anthropic is served with llm_format: anthropic; use provider openai for llm_format: openai',
    });
  }
  if (model.options.upstream_url !== undefined && !hasHostOfOperator(model.options.upstream_url)) {
    problems.push({
      path: ['model', 'options', 'upstream_url'],
      message:
        'a template must not be the whole host or its end: a client could have the credential sent to any server; write it as $(headers.x).example.com',
    });
  }
  if (model.options.upstream_url !== undefined && model.options.upstream_path !== undefined) {
    problems.push({
      path: ['model', 'options', 'upstream_path'],
      message: 'has no effect beside upstream_url, set one of them',
    });
  }
  if (config.llm_format === 'anthropic' && !ANTHROPIC_ROUTES.has(config.route_type)) {
    problems.push({
      path: ['route_type'],
      message: 'llm_format anthropic is served with route_type llm/v1/chat or llm/v1/responses',
    });
  }
  if (config.route_type === 'llm/v1/responses' && model.provider === 'anthropic') {
    problems.push({ path: ['route_type'], message: 'provider anthropic has no Responses API; use llm/v1/chat' });
  }
  if ((model.options.input_cost === undefined) !== (model.options.output_cost === undefined)) {
    problems.push({ path: ['model', 'options'], message: 'input_cost and output_cost must be set together' });
  }
  for (const field of ['cache_read_cost', 'cache_write_cost'] as const) {
    if (model.options[field] === undefined || model.options.input_cost !== undefined) continue;
    problems.push({
      path: ['model', 'options', field],
      message: 'has no effect without input_cost and output_cost: set them, or leave all prices to the bundled table',
    });
  }
  return problems;
}

/** Whether the end of the host stands in the file itself, so that no client can lead requests out of that domain. */
function hasHostOfOperator(url: string): boolean {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (!authority.includes('$(')) return true;
  const fixed = authority.slice(authority.lastIndexOf(')') + 1).replace(/:\d*$/, '');
  return /^[\w-]*\.[\w.-]*[\w-]$/.test(fixed);
}

import { hash } from 'node:crypto';
import type { Adjustment, Capabilities } from '../capabilities.js';
import type { Ledger } from '../canonical/ledger.js';
import type { CanonicalRequest, Effort } from '../canonical/request.js';
import { chooseEffort, wantsReasoning } from '../openai/effort.js';
import { isStrictSchema } from '../strict-schema.js';
import type { ChatTarget } from './chat-target.js';
import type { TranscriptContext } from './request-draft.js';
import type { ChatToolChoice } from './request-tools.js';

export interface ParameterQuestion {
  /** Its messages are those that are sent, after all edits. */
  readonly request: CanonicalRequest;
  readonly target: ChatTarget;
  readonly context: TranscriptContext;
  readonly toolChoice: ChatToolChoice | undefined;
  readonly hasTools: boolean;
  /** Explicit cache breakpoints in the messages. */
  readonly breakpoints: number;
}

type Parameters = Record<string, unknown>;

/** Output tokens of a request that only warms the cache, when it is sent at all. */
const PREWARM_TOKENS = 16;
/** Above this number the one that OpenAI would add by itself leaves no room for all of ours. */
const BREAKPOINTS_BESIDE_IMPLICIT = 3;

/** Everything of the body but model, messages and tools: JSON text that begins with a comma and ends with the last brace. */
export function encodeParameters(question: ParameterQuestion): string {
  const { request, target, context } = question;
  const { capabilities } = context;
  const parameters: Parameters = {
    tool_choice: question.toolChoice,
    // Anthropic's flag means nothing where no tool may be called.
    parallel_tool_calls: parallelToolCalls(question),
    [capabilities.maxTokensField]: maxTokens(question),
    reasoning_effort: effort(question),
    ...sampling(question),
    response_format: responseFormat(question),
    ...(request.stream && { stream: true, stream_options: streamOptions(capabilities) }),
    service_tier: serviceTier(question),
    ...identity(request, target),
    prompt_cache_options: question.breakpoints > BREAKPOINTS_BESIDE_IMPLICIT ? { mode: 'explicit' } : undefined,
  };
  for (const adjustment of capabilities.adjustments) adjust(parameters, adjustment, context.ledger);
  const text = JSON.stringify(parameters);
  return text === '{}' ? '}' : `,${text.slice(1)}`;
}

function parallelToolCalls({ request, context, hasTools }: ParameterQuestion): false | undefined {
  if (request.parallelToolCalls || !hasTools || request.toolChoice?.type === 'none') return undefined;
  if (context.capabilities.parallelToolCalls) return false;
  context.ledger.add('disable_parallel_tool_use');
  return undefined;
}

function maxTokens({ request, target, context }: ParameterQuestion): number | undefined {
  const wanted = target.options?.max_tokens ?? (request.maxTokens === 0 ? PREWARM_TOKENS : request.maxTokens);
  const { maxOutput } = context.capabilities;
  if (wanted === undefined || maxOutput === undefined || wanted <= maxOutput) return wanted;
  context.ledger.add('max_tokens');
  return maxOutput;
}

function effort({ request, target, context, hasTools }: ParameterQuestion): Effort | undefined {
  const { capabilities, ledger } = context;
  const chosen = chooseEffort({ request, capabilities, configured: target.options?.reasoning_effort });
  if (capabilities.efforts.length === 0) {
    if (wantsReasoning(request) && capabilities.reasoningContent === 'drop') ledger.add('reasoning');
    return undefined;
  }
  if (!hasTools || capabilities.reasoningWithToolsOnChat) return chosen;
  // "Function tools with reasoning_effort are not supported … use /v1/responses or set reasoning_effort to 'none'."
  if (chosen !== 'none') ledger.add('reasoning');
  return 'none';
}

function sampling({ request, target, context }: ParameterQuestion): Parameters {
  const { capabilities, ledger } = context;
  const { options } = target;
  const temperature = options?.temperature ?? request.temperature;
  const topP = options?.top_p ?? request.topP;
  const topK = options?.top_k ?? request.topK;
  // 1 is the default of both: nothing is lost with it.
  if (!capabilities.temperature && (temperature ?? 1) !== 1) ledger.add('temperature');
  if (!capabilities.temperature && (topP ?? 1) !== 1) ledger.add('top_p');
  if (!capabilities.topK && topK !== undefined) ledger.add('top_k');
  return {
    temperature: capabilities.temperature ? temperature : undefined,
    top_p: capabilities.temperature ? topP : undefined,
    top_k: capabilities.topK ? topK : undefined,
  };
}

/** The schema goes as it is: making every property required, as strict mode wants, would ask for something else. */
function responseFormat({ request: { outputSchema: schema }, context }: ParameterQuestion): object | undefined {
  const { structuredOutput, strict } = context.capabilities;
  if (!schema || structuredOutput === 'none') return undefined;
  if (structuredOutput === 'json_object') return { type: 'json_object' };
  return {
    type: 'json_schema',
    json_schema: { name: 'structured_output', schema, ...(strict && { strict: isStrictSchema(schema) }) },
  };
}

function streamOptions({ streamUsage, streamObfuscation }: Capabilities): object | undefined {
  if (!streamUsage) return undefined;
  return { include_usage: true, ...(streamObfuscation && { include_obfuscation: false }) };
}

const TIERS = new Map([
  ['auto', 'auto'],
  ['standard_only', 'default'],
]);

function serviceTier({ request, target, context }: ParameterQuestion): string | undefined {
  const { capabilities, ledger } = context;
  const fast = request.speed === 'fast';
  if (fast && capabilities.serviceTier && target.switches?.fastAsPriority === true) return 'priority';
  if (fast) ledger.add('speed');
  const tier = TIERS.get(request.serviceTier ?? '');
  if (request.serviceTier !== undefined && (tier === undefined || !capabilities.serviceTier))
    ledger.add('service_tier');
  return capabilities.serviceTier ? tier : undefined;
}

/**
 * Who asks, and which conversation goes on, as hashes: both fields take at most 64 characters, and neither is to tell more
 * than that two requests belong together.
 */
function identity({ user }: CanonicalRequest, { session, capabilities }: ChatTarget): Parameters {
  if (!capabilities.cacheKey) return {};
  const conversation = session ?? user?.sessionId ?? user?.id;
  return {
    prompt_cache_key: conversation === undefined ? undefined : hash('sha256', conversation),
    safety_identifier: user && hash('sha256', user.account),
  };
}

function adjust(parameters: Parameters, adjustment: Adjustment, ledger: Ledger): void {
  const path = adjustment.parameter.split('.');
  const name = path.pop()!;
  let holder = parameters;
  for (const step of path) {
    const next = Object.hasOwn(holder, step) ? holder[step] : undefined;
    if (typeof next !== 'object' || next === null) return;
    holder = next as Parameters;
  }
  if (adjustment.kind === 'set') {
    holder[name] = adjustment.value;
    return;
  }
  if (holder[name] === undefined) return;
  if (adjustment.kind === 'rename') holder[adjustment.to] = holder[name];
  else ledger.add(adjustment.parameter);
  delete holder[name];
}

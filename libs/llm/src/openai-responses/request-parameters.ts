import { chooseEffort, wantsReasoning } from '../openai/effort.js';
import {
  cacheOptions,
  identity,
  maxTokens,
  parallelToolCalls,
  sampling,
  serviceTier,
  writeParameters,
  type ParameterQuestion,
} from '../openai/parameters.js';
import type { Effort } from '../canonical/request.js';
import { isStrictSchema } from '../strict-schema.js';
import type { EncodedTools, ToolChoice } from './request-tools.js';

export interface ResponsesParameterQuestion extends ParameterQuestion {
  readonly tools: EncodedTools;
  readonly toolChoice: ToolChoice | undefined;
  /** Explicit cache breakpoints in the input. */
  readonly breakpoints: number;
}

/** "Expected a value >= 16" */
export const FEWEST_TOKENS = 16;
/** Reasoning counts as output: below this number it would leave an empty answer. */
const ROOM_FOR_REASONING = 1024;

/** Everything of the body but model, tools and input: JSON text that begins with a comma and ends with the last brace. */
export function encodeParameters(question: ResponsesParameterQuestion): string {
  const { request, target, context } = question;
  const limit = maxTokens(question);
  return writeParameters(
    {
      ...countedParameters(question),
      max_output_tokens: limit === undefined ? undefined : Math.max(FEWEST_TOKENS, limit),
      ...sampling(question),
      include: included(question),
      store: false,
      ...(request.stream && { stream: true, stream_options: streamOptions(question) }),
      service_tier: serviceTier(question),
      ...identity(request, target),
      ...cacheOptions(question.breakpoints),
    },
    context,
  );
}

/** The same for `POST /v1/responses/input_tokens`, which takes only what the count depends on. */
export function encodeCountParameters(question: ResponsesParameterQuestion): string {
  return writeParameters(countedParameters(question), question.context);
}

function countedParameters(question: ResponsesParameterQuestion) {
  return {
    tool_choice: question.toolChoice,
    parallel_tool_calls: parallelToolCalls(question),
    reasoning: reasoning(question),
    text: textFormat(question),
    // Silent truncation would cost the conversation its beginning; the client compacts when it is told.
    truncation: 'disabled',
  };
}

function reasoning(question: ResponsesParameterQuestion): object | undefined {
  const { request, context } = question;
  const { capabilities, ledger } = context;
  if (capabilities.efforts.length === 0) {
    if (wantsReasoning(request)) ledger.add('reasoning');
    return undefined;
  }
  const effort = effortFor(question);
  const asked = wantsReasoning(request);
  const summary =
    asked && effort !== 'none' && request.thinking?.display !== 'omitted' && capabilities.reasoningSummary
      ? 'auto'
      : undefined;
  return effort === undefined && summary === undefined ? undefined : { effort, summary };
}

function effortFor({ request, target, context, tools }: ResponsesParameterQuestion): Effort | undefined {
  const { capabilities } = context;
  const { efforts } = capabilities;
  const chosen = chooseEffort({ request, capabilities, configured: target.options?.reasoning_effort });
  const isTight = request.maxTokens !== undefined && request.maxTokens < ROOM_FOR_REASONING;
  const effort = isTight && chosen !== undefined ? efforts[0] : chosen;
  // "The following tools cannot be used with reasoning.effort 'minimal': web_search."
  return effort === 'minimal' && tools.search ? efforts[efforts.indexOf('minimal') + 1] : effort;
}

/** The schema goes as it is: making every property required, as strict mode wants, would ask for something else. */
function textFormat({ request: { outputSchema: schema }, context }: ResponsesParameterQuestion): object | undefined {
  const { structuredOutput, strict } = context.capabilities;
  if (!schema || structuredOutput === 'none') return undefined;
  if (structuredOutput === 'json_object') return { format: { type: 'json_object' } };
  const format = { type: 'json_schema', name: 'structured_output', schema };
  return { format: strict ? { ...format, strict: isStrictSchema(schema) } : format };
}

function included({ context, tools }: ResponsesParameterQuestion): string[] | undefined {
  const include = [
    ...(context.capabilities.efforts.length > 0 ? ['reasoning.encrypted_content'] : []),
    ...(tools.search ? ['web_search_call.action.sources'] : []),
  ];
  return include.length > 0 ? include : undefined;
}

function streamOptions({ context }: ResponsesParameterQuestion): object | undefined {
  return context.capabilities.streamObfuscation ? { include_obfuscation: false } : undefined;
}

import type { Capabilities } from '../capabilities.js';
import type { Effort } from '../canonical/request.js';
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
import { isStrictSchema } from '../strict-schema.js';
import type { ChatToolChoice } from './request-tools.js';

export interface ChatParameterQuestion extends ParameterQuestion {
  readonly toolChoice: ChatToolChoice | undefined;
  /** Explicit cache breakpoints in the messages. */
  readonly breakpoints: number;
}

/** Everything of the body but model, messages and tools: JSON text that begins with a comma and ends with the last brace. */
export function encodeParameters(question: ChatParameterQuestion): string {
  const { request, target, context } = question;
  const { capabilities } = context;
  return writeParameters(
    {
      tool_choice: question.toolChoice,
      parallel_tool_calls: parallelToolCalls(question),
      [capabilities.maxTokensField]: maxTokens(question),
      reasoning_effort: effort(question),
      ...sampling(question),
      response_format: responseFormat(question),
      ...(request.stream && { stream: true, stream_options: streamOptions(capabilities) }),
      service_tier: serviceTier(question),
      ...identity(request, target),
      ...cacheOptions(question.breakpoints),
    },
    context,
  );
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

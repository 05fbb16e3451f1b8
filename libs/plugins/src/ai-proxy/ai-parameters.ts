import type { CanonicalRequest } from '#libs/llm';
import type { AiParameters } from '#libs/plugin-api';
import type { AiProxyConfig } from './ai-proxy.config.js';

type Options = Pick<
  AiProxyConfig['model']['options'],
  'max_tokens' | 'temperature' | 'top_p' | 'top_k' | 'reasoning_effort'
>;

/** Levels are short words; what is longer is none. */
const LONGEST_LEVEL = 16;

/** What a Messages request asks of the model; what the operator sets wins. */
export function anthropicParameters(request: CanonicalRequest, options: Options): AiParameters {
  const { maxTokens, temperature, topP, topK, stopSequences, effort, outputSchema } = request;
  const parameters: AiParameters = {};
  set(parameters, 'maxTokens', options.max_tokens ?? maxTokens);
  set(parameters, 'temperature', options.temperature ?? temperature);
  set(parameters, 'topP', options.top_p ?? topP);
  set(parameters, 'topK', options.top_k ?? topK);
  set(parameters, 'reasoningLevel', effort ?? options.reasoning_effort);
  if (stopSequences.length > 0) parameters.stopSequences = stopSequences;
  if (outputSchema !== undefined) parameters.outputType = 'json';
  return parameters;
}

/** The same of a request of OpenAI's APIs, whose fields may hold anything. */
export function openAiParameters(fields: Readonly<Record<string, unknown>>, options: Options): AiParameters {
  const parameters: AiParameters = {};
  const maxTokens = fields['max_completion_tokens'] ?? fields['max_output_tokens'] ?? fields['max_tokens'];
  set(parameters, 'maxTokens', options.max_tokens ?? number(maxTokens));
  set(parameters, 'temperature', options.temperature ?? number(fields['temperature']));
  set(parameters, 'topP', options.top_p ?? number(fields['top_p']));
  set(parameters, 'frequencyPenalty', number(fields['frequency_penalty']));
  set(parameters, 'presencePenalty', number(fields['presence_penalty']));
  set(parameters, 'seed', number(fields['seed']));
  set(parameters, 'choiceCount', number(fields['n']));
  set(parameters, 'reasoningLevel', text(fields['reasoning_effort'] ?? member(fields['reasoning'], 'effort')));
  const stop = fields['stop'];
  const stops = (Array.isArray(stop) ? stop : [stop]).filter((one) => typeof one === 'string');
  if (stops.length > 0) parameters.stopSequences = stops;
  const format = member(fields['response_format'] ?? member(fields['text'], 'format'), 'type');
  if (typeof format === 'string') parameters.outputType = format.startsWith('json') ? 'json' : 'text';
  return parameters;
}

function set<Name extends keyof AiParameters>(
  parameters: AiParameters,
  name: Name,
  value: AiParameters[Name] | undefined,
): void {
  if (value !== undefined) parameters[name] = value;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST_LEVEL ? value : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

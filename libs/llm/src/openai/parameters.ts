import { hash } from 'node:crypto';
import type { Adjustment } from '../capabilities.js';
import type { Ledger } from '../canonical/ledger.js';
import type { CanonicalRequest } from '../canonical/request.js';
import type { RequestContext } from './request-context.js';
import type { OpenAiTarget } from './target.js';

/** Parameters that mean the same on all of OpenAI's endpoints. */

export interface ParameterQuestion {
  /** Its messages are those that are sent, after all edits. */
  readonly request: CanonicalRequest;
  readonly target: OpenAiTarget;
  readonly context: RequestContext;
  readonly hasTools: boolean;
}

export type Parameters = Record<string, unknown>;

/** Output tokens of a request that only warms the cache, when it is sent at all. */
const PREWARM_TOKENS = 16;
/** Above this number the breakpoint that OpenAI would add by itself leaves no room for all of ours. */
const BREAKPOINTS_BESIDE_IMPLICIT = 3;

/** Anthropic's flag means nothing where no tool may be called. */
export function parallelToolCalls({ request, context, hasTools }: ParameterQuestion): false | undefined {
  if (request.parallelToolCalls || !hasTools || request.toolChoice?.type === 'none') return undefined;
  if (context.capabilities.parallelToolCalls) return false;
  context.ledger.add('disable_parallel_tool_use');
  return undefined;
}

export function maxTokens({ request, target, context }: ParameterQuestion): number | undefined {
  const wanted = target.options?.max_tokens ?? (request.maxTokens === 0 ? PREWARM_TOKENS : request.maxTokens);
  const { maxOutput } = context.capabilities;
  if (wanted === undefined || maxOutput === undefined || wanted <= maxOutput) return wanted;
  context.ledger.add('max_tokens');
  return maxOutput;
}

export function sampling({ request, target, context }: ParameterQuestion): Parameters {
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

const TIERS = new Map([
  ['auto', 'auto'],
  ['standard_only', 'default'],
]);

export function serviceTier({ request, target, context }: ParameterQuestion): string | undefined {
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
export function identity({ user }: CanonicalRequest, { session, capabilities }: OpenAiTarget): Parameters {
  if (!capabilities.cacheKey) return {};
  const conversation = session ?? user?.sessionId ?? user?.id;
  return {
    prompt_cache_key: conversation === undefined ? undefined : fingerprint(conversation),
    safety_identifier: user && fingerprint(user.account),
  };
}

/** A client that comes once comes again, and a hash costs as much as parsing a small request. */
const MOST_FINGERPRINTS = 1000;
const fingerprints = new Map<string, string>();

function fingerprint(identity: string): string {
  const known = fingerprints.get(identity);
  if (known !== undefined) return known;
  const made = hash('sha256', identity);
  if (fingerprints.size >= MOST_FINGERPRINTS) fingerprints.clear();
  fingerprints.set(identity, made);
  return made;
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

/** `prompt_cache_options` for a request with this many explicit breakpoints. */
export function cacheOptions(breakpoints: number): Parameters {
  return { prompt_cache_options: breakpoints > BREAKPOINTS_BESIDE_IMPLICIT ? { mode: 'explicit' } : undefined };
}

/** Applies what has been learnt from refusals to the finished parameters, and writes them: JSON text that begins with a comma and ends with the body's last brace. */
export function writeParameters(parameters: Parameters, { capabilities, ledger }: RequestContext): string {
  for (const adjustment of capabilities.adjustments) adjust(parameters, adjustment, ledger);
  const text = JSON.stringify(parameters);
  return text === '{}' ? '}' : `,${text.slice(1)}`;
}

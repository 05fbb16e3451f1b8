import { EFFORT_ORDER } from '../capability-changes.js';
import type { Capabilities } from '../capabilities.js';
import type { CanonicalRequest, Effort, Message } from '../canonical/request.js';

/**
 * Requests for no more output than this are side calls (titles, probes, topic detection). Reasoning would eat their budget
 * and leave an empty answer.
 */
const SIDE_CALL_TOKENS = 4096;

export interface EffortQuestion {
  readonly request: Pick<CanonicalRequest, 'thinking' | 'effort' | 'maxTokens' | 'messages'>;
  readonly capabilities: Pick<Capabilities, 'efforts'>;
  /** What the operator wants when the client asks for nothing. */
  readonly configured: Effort | undefined;
}

/**
 * Anthropic's `thinking` and `output_config.effort` as OpenAI's effort.
 *
 * @returns the effort to send, or undefined to leave the model at its default or because it has no reasoning.
 */
export function chooseEffort({ request, capabilities, configured }: EffortQuestion): Effort | undefined {
  const { efforts } = capabilities;
  if (efforts.length === 0) return undefined;
  const { thinking, maxTokens } = request;
  const asked = conversationEffort(request.messages) ?? request.effort;
  if (!thinking && asked === undefined) {
    if (configured !== undefined) return nearest(configured, efforts);
    return maxTokens !== undefined && maxTokens <= SIDE_CALL_TOKENS ? efforts[0] : undefined;
  }
  if (thinking?.type === 'disabled') return efforts[0];
  if (asked !== undefined) return nearest(asked, efforts);
  if (thinking?.type === 'between_tools') return nearest('medium', efforts);
  if (thinking?.type === 'enabled') return nearest(effortOfBudget(thinking.budgetTokens ?? 0), efforts);
  return nearest('high', efforts);
}

/** Whether the client asked for reasoning in any way. */
export function wantsReasoning(request: EffortQuestion['request']): boolean {
  const { thinking } = request;
  if (thinking) return thinking.type !== 'disabled';
  return (conversationEffort(request.messages) ?? request.effort) !== undefined;
}

/** The budgets behind Claude Code's keywords are 4000, 10000 and 31999 tokens. */
function effortOfBudget(tokens: number): Effort {
  if (tokens < 4000) return 'low';
  if (tokens < 10_000) return 'medium';
  return tokens < 31_999 ? 'high' : 'xhigh';
}

/** The same word, else the next weaker one that the model knows, else its weakest. */
function nearest(effort: Effort, efforts: readonly Effort[]): Effort | undefined {
  const wanted = EFFORT_ORDER.indexOf(effort);
  return efforts.findLast((candidate) => EFFORT_ORDER.indexOf(candidate) <= wanted) ?? efforts[0];
}

/** A system message in the conversation may change the effort; the last one holds. */
function conversationEffort(messages: readonly Message[]): Effort | undefined {
  const effort = messages.findLast((message) => message.role === 'system' && message.output_config?.effort)
    ?.output_config?.effort;
  return effort && EFFORT_ORDER.includes(effort) ? effort : undefined;
}

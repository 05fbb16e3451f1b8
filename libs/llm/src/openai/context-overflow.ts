import { LlmError } from '../canonical/error.js';
import type { UpstreamFault } from './upstream-fault.js';

/** What the gateway knows when the upstream does not tell its numbers. */
export interface ContextFacts {
  /** The model's context window in tokens. */
  readonly window?: number | undefined;
  /** Tokens of the prompt as counted here; asked only when needed. */
  readonly countPrompt?: (() => number) | undefined;
}

const OVERFLOW =
  /context_length_exceeded|maximum context length|context window|context length|prompt is too long|input (?:is|was) too long|maximum prompt length|reduce the length of the messages|too many (?:input )?tokens|exceeds? the (?:available|model'?s?) context/i;

/** Whether the upstream refused the request because it does not fit into the model. */
export function isContextOverflow({ status, code, message }: UpstreamFault): boolean {
  if (code === 'context_length_exceeded') return true;
  // A quota per minute speaks of tokens, too.
  return (status === 400 || status === 413 || status === 422) && OVERFLOW.test(message);
}

const NUMBER = String.raw`(\d[\d,_]*)`;
const PROMPT_TOKENS = [
  `resulted in ${NUMBER} tokens`,
  `prompt is too long: ${NUMBER} tokens`,
  `${NUMBER} (?:tokens )?in (?:the|your) (?:messages|prompt|input)`,
  `${NUMBER} tokens from the input`,
  `input \\(${NUMBER} tokens\\)`,
  `(?:request|prompt|input|messages?) (?:has|contains?|is|of|with) ${NUMBER} (?:input )?tokens`,
  `prompt contains (?:at least )?${NUMBER}`,
  `requested (?:about )?${NUMBER} tokens`,
  `${NUMBER} input tokens`,
];
const MAXIMUM = [
  `maximum (?:context length|prompt length|input length) (?:is|of) (?:only )?${NUMBER}`,
  `> ${NUMBER} maximum`,
  `${NUMBER} maximum context length`,
  `context (?:window|length|size) (?:of|is|\\(|limit of|limit is)? ?\\(?${NUMBER}`,
  `limit(?:ed to| of| is) ${NUMBER}`,
];
/** The part of the window that the answer asked for. */
const COMPLETION_TOKENS = [
  `${NUMBER} (?:tokens )?(?:in|for) the completion`,
  `(?:max_tokens|max_completion_tokens)['"\`]?(?: is too large)?: ${NUMBER}`,
];

/**
 * Claude Code compacts the conversation when it reads exactly `prompt is too long: N tokens > M maximum`, and asks for a
 * shorter answer when it reads the other of Anthropic's two sentences, for a prompt that fits by itself.
 */
export function contextOverflow(fault: UpstreamFault, facts: ContextFacts): LlmError {
  const said = firstNumber(fault.message, PROMPT_TOKENS);
  const maximum = firstNumber(fault.message, MAXIMUM) ?? facts.window;
  const completion = firstNumber(fault.message, COMPLETION_TOKENS);
  if (
    said !== undefined &&
    maximum !== undefined &&
    completion !== undefined &&
    said < maximum &&
    said + completion > maximum
  ) {
    return refusal(
      `input length and \`max_tokens\` exceed context limit: ${said} + ${completion} > ${maximum}, ` +
        'decrease input length or `max_tokens` and try again',
    );
  }
  const prompt = said ?? facts.countPrompt?.() ?? 0;
  const limit = maximum ?? Math.max(1, prompt - 1);
  return refusal(`prompt is too long: ${Math.max(prompt, limit + 1)} tokens > ${limit} maximum`);
}

function refusal(message: string): LlmError {
  return new LlmError(message, { status: 400, type: 'invalid_request_error' });
}

function firstNumber(message: string, patterns: readonly string[]): number | undefined {
  for (const pattern of patterns) {
    const digits = new RegExp(pattern, 'i').exec(message)?.[1];
    if (digits !== undefined) return Number(digits.replace(/[,_]/g, ''));
  }
  return undefined;
}

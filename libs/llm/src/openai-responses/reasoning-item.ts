import type { ReasoningItem } from '../canonical/message.js';
import type { ThinkingBlock } from '../canonical/request.js';
import { toEncoding, toText } from '../canonical/text.js';
import type { RequestContext } from '../openai/request-context.js';
import type { OpenAiTarget } from '../openai/target.js';
import type { ReasoningEnvelope } from '../reasoning-envelope.js';
import type { Reasoning } from './input-items.js';

/** Stands between two parts of a summary in a thinking block. */
export const SUMMARY_SEPARATOR = '\n\n';

/** Where reasoning comes from: it is worthless, and refused, anywhere else. */
export interface ReasoningOrigin {
  /** Provider and account. */
  readonly origin: string;
  /** As the upstream was asked for it. */
  readonly model: string;
}

/**
 * The signature of a thinking block that stands for a reasoning item and carries the whole of it to the next turn.
 *
 * @param shown the block's text as the client gets it.
 */
export function sealReasoningItem(
  envelope: ReasoningEnvelope,
  { id, encrypted, summary, phase }: ReasoningItem,
  { origin, model }: ReasoningOrigin,
  shown: string,
): string {
  const whole = summary.join(SUMMARY_SEPARATOR);
  return envelope.seal(
    {
      p: 'ri',
      o: origin,
      m: model,
      id,
      ec: encrypted,
      n: summary.map((part) => part.length),
      ...(phase !== undefined && { ph: phase }),
      ...(shown !== whole && { x: whole }),
    },
    shown,
  );
}

/**
 * The reasoning item that a thinking block stands for, its strings in the form of the request; undefined when the block is
 * not ours, was altered, or comes from another account or model (`translation.md` §2.3).
 */
export function openReasoningItem(
  { thinking, signature }: ThinkingBlock,
  context: RequestContext,
  { origin, model, refusedReasoning }: OpenAiTarget,
): { item: Reasoning; phase: string | undefined } | undefined {
  if (!signature) return undefined;
  const shown = toText(thinking, context.form);
  const payload = context.envelope?.open(toText(signature, context.form), shown);
  if (payload?.p !== 'ri' || payload.o !== origin || payload.m !== model) return undefined;
  const { id, ec, n = [], x, ph } = payload;
  if (id === undefined || ec === undefined || refusedReasoning?.has(id) === true) return undefined;
  return {
    item: {
      type: 'reasoning',
      id,
      summary: parts(x ?? shown, n).map((text) => ({ type: 'summary_text', text: toEncoding(text, context.form) })),
      encrypted_content: ec,
    },
    phase: ph,
  };
}

/** Takes the summary apart again. */
function parts(whole: string, lengths: readonly number[]): string[] {
  let at = 0;
  return lengths.map((length) => {
    const part = whole.slice(at, at + length);
    at += length + SUMMARY_SEPARATOR.length;
    return part;
  });
}

import { invalidRequest } from '../canonical/error.js';
import type { Message } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import { CallIds } from '../openai/call-ids.js';
import type { PendingCall, PlacedMessage } from '../openai/turn-replies.js';
import { translateAssistantTurn } from './request-assistant.js';
import type { RequestContext } from '../openai/request-context.js';
import type { MessageDraft } from './request-draft.js';
import { instruction, translateReplies } from './request-replies.js';

export interface Transcript {
  readonly drafts: readonly MessageDraft[];
  /** Text of a last assistant message that the answer is to continue; ordinary text. */
  readonly prefill: string | undefined;
}

const CONTINUE = 'Continue your previous message exactly where it stops. Do not repeat any part of it.';

/**
 * Translates the conversation. Consecutive messages of one role are one turn; what lies between two assistant turns is
 * ordered as OpenAI demands it.
 *
 * @param offset messages that stood before the first one in the client's request; for the paths in refusals.
 * @throws LlmError 400 when no message has any content.
 */
export function translateMessages(messages: readonly Message[], offset: number, context: RequestContext): Transcript {
  const drafts: MessageDraft[] = [];
  const ids = new CallIds(context.form);
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  let answer: MessageDraft | undefined;
  let at = 0;
  while (at < messages.length) {
    let calls: readonly PendingCall[] = [];
    const assistant: Message[] = [];
    for (; messages[at]?.role === 'assistant'; at++) assistant.push(messages[at]!);
    if (assistant.length > 0) {
      const turn = translateAssistantTurn(assistant, ids, context);
      if (turn.notes.length > 0) drafts.push(instruction(turn.notes, context));
      if (turn.message) drafts.push(turn.message);
      ({ calls, message: answer } = turn);
    }

    const replies: PlacedMessage[] = [];
    for (; at < messages.length && messages[at]!.role !== 'assistant'; at++) {
      const message = messages[at]!;
      if (message.clear_at === 'next_user_message' && at < lastUser) continue;
      replies.push({ message, path: `messages.${at + offset}` });
    }
    drafts.push(...translateReplies(replies, calls, context));
  }
  if (drafts.every((draft) => draft.role === 'developer' || draft.role === 'system')) {
    throw invalidRequest(`messages.${offset}: user messages must have non-empty content`);
  }
  return { drafts, prefill: prefillOf(drafts, answer, context) };
}

/** Ends the transcript so that the model goes on with its last message, if the conversation ends with one. */
function prefillOf(
  drafts: MessageDraft[],
  answer: MessageDraft | undefined,
  context: RequestContext,
): string | undefined {
  if (!answer || drafts.at(-1) !== answer || answer.toolCalls.length > 0) return undefined;
  const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  drafts.push(instruction([CONTINUE], context, true));
  return toText(text, context.form);
}

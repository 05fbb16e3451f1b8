import { invalidRequest } from '../canonical/error.js';
import type { Message } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import { CallIds } from '../openai/call-ids.js';
import type { PreparedRequest, RequestContext } from '../openai/request-context.js';
import type { OpenAiTarget } from '../openai/target.js';
import {
  addUserContent,
  instructionTexts,
  INTERRUPTED,
  takeResults,
  translateBlocks,
  type PendingCall,
  type PlacedMessage,
  type PlacedResult,
} from '../openai/turn-replies.js';
import type { AssistantMessage } from './input-items.js';
import { MessageDraft, OutputDraft, WholeItem, type ItemDraft } from './item-drafts.js';
import { translateAssistantTurn, type ConversationState } from './request-assistant.js';
import { additionalTools, namedIn, type LateTools } from './request-tools.js';

export interface Transcript {
  readonly drafts: readonly ItemDraft[];
  /** Text of a last assistant message that the answer is to continue; ordinary text. */
  readonly prefill: string | undefined;
  /** Ids of the reasoning items that are sent. */
  readonly reasoning: readonly string[];
}

const CONTINUE = 'Continue your previous message exactly where it stops. Do not repeat any part of it.';

/**
 * Translates the conversation into items. What lies between two assistant turns is ordered as OpenAI demands it: the outputs
 * of all calls, in the order of the calls, then the rest in its own order.
 *
 * @throws LlmError 400 when no message has any content.
 */
export function translateItems(
  { messages, offset, context }: Pick<PreparedRequest, 'messages' | 'offset' | 'context'>,
  target: OpenAiTarget,
  late: LateTools,
): Transcript {
  const drafts: ItemDraft[] = [];
  const state: ConversationState = { ids: new CallIds(context.form), reasoningIds: new Set() };
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  let isEmpty = true;
  let last: AssistantMessage | undefined;
  let at = 0;
  while (at < messages.length) {
    let calls: readonly PendingCall[] = [];
    last = undefined;
    const assistant: Message[] = [];
    for (; messages[at]?.role === 'assistant'; at++) assistant.push(messages[at]!);
    if (assistant.length > 0) {
      const turn = translateAssistantTurn(assistant, state, context, target);
      if (turn.notes.length > 0) drafts.push(instruction(turn.notes, context));
      for (const item of turn.items) drafts.push(new WholeItem(item));
      if (turn.items.length > 0) isEmpty = false;
      ({ calls } = turn);
      const item = turn.items.at(-1);
      if (item?.type === 'message') last = item;
    }

    const replies: PlacedMessage[] = [];
    for (; at < messages.length && messages[at]!.role !== 'assistant'; at++) {
      const message = messages[at]!;
      if (message.clear_at === 'next_user_message' && at < lastUser) continue;
      replies.push({ message, path: `messages.${at + offset}` });
    }
    const translated = translateReplies(replies, calls, late, context);
    if (translated.some((draft) => draft instanceof OutputDraft || isOfUser(draft))) isEmpty = false;
    if (translated.length > 0) last = undefined;
    drafts.push(...translated);
  }
  if (isEmpty) throw invalidRequest(`messages.${offset}: user messages must have non-empty content`);
  const reasoning = [...state.reasoningIds];
  if (!last) return { drafts, prefill: undefined, reasoning };
  drafts.push(instruction([CONTINUE], context));
  return { drafts, prefill: toText(last.content.map(({ text }) => text).join(''), context.form), reasoning };
}

function isOfUser(draft: ItemDraft): boolean {
  return draft instanceof MessageDraft && draft.role === 'user';
}

/** An instruction at its place in the conversation. */
export function instruction(texts: readonly string[], context: RequestContext): MessageDraft {
  const draft = new MessageDraft(context.capabilities.developerRole ? 'developer' : 'system', context);
  for (const text of texts) draft.text(text);
  return draft;
}

function translateReplies(
  replies: readonly PlacedMessage[],
  calls: readonly PendingCall[],
  late: LateTools,
  context: RequestContext,
): ItemDraft[] {
  const { results, rest } = takeResults(replies, calls);
  const drafts: ItemDraft[] = calls.map((call, i) => translateResult(call, results[i], context));
  let user: MessageDraft | undefined;
  const isOld = late.size === 0;
  if (!isOld) addTools(replies.flatMap(({ message }) => (message.role === 'user' ? namedIn(message) : [])));

  for (const item of rest) {
    const { message } = item;
    if (message.role !== 'system') {
      const target = (user ??= new MessageDraft('user', context));
      const isNew = target.isEmpty;
      addUserContent(item, target, context);
      if (isNew && !target.isEmpty) drafts.push(target);
      continue;
    }
    if (!isOld) addTools(namedIn(message));
    const { content } = message;
    const texts = typeof content === 'string' ? [content] : instructionTexts(content ?? [], context);
    const draft = instruction(texts, context);
    if (draft.isEmpty) continue;
    if (Array.isArray(content) && content.some((block) => 'cache_control' in block && block.cache_control)) {
      context.breakpoints?.mark();
    }
    drafts.push(draft);
    user = undefined;
  }
  return drafts;

  function addTools(names: readonly string[]): void {
    const item = additionalTools(names, late, context);
    if (item) drafts.push(new WholeItem(item));
  }
}

function translateResult(call: PendingCall, result: PlacedResult | undefined, context: RequestContext): OutputDraft {
  if (!result) {
    const draft = new OutputDraft(call.id, '');
    draft.text(INTERRUPTED);
    draft.finish(context);
    return draft;
  }
  const { block, path } = result;
  const draft = new OutputDraft(call.id, block.is_error === true ? context.errorPrefix : '');
  if (typeof block.content === 'string') draft.text(block.content);
  else translateBlocks(block.content ?? [], `${path}.content`, draft, context);
  draft.finish(context);
  if (block.cache_control) context.breakpoints?.mark();
  return draft;
}

import type { Block, Message, ToolResultBlock } from '../canonical/request.js';
import { dropUnknown, translateBlock, type ContentTarget } from './request-content.js';
import type { RequestContext } from './request-context.js';

/** A call that waits for its result. */
export interface PendingCall {
  /** The client's id. */
  readonly clientId: string;
  readonly id: string;
  readonly name: string;
}

/** A message and its place in the client's request. */
export interface PlacedMessage {
  readonly message: Message;
  readonly path: string;
}

export interface PlacedBlock<T extends Block = Block> {
  readonly block: T;
  readonly path: string;
}

export type PlacedResult = PlacedBlock<ToolResultBlock>;
/** Content that is left of a message when the results of calls are taken out. */
export type Remainder = PlacedMessage & { readonly blocks: readonly PlacedBlock[] };

/** Stands for the result of a call that has none. */
export const INTERRUPTED = '[Tool execution was interrupted; no result]';

/**
 * Finds the result of each call among all that stands between two assistant turns; of two results for one id the second goes
 * to a second call of that id, or stays in place.
 */
export function takeResults(
  replies: readonly PlacedMessage[],
  calls: readonly PendingCall[],
): { results: (PlacedResult | undefined)[]; rest: Remainder[] } {
  // Most turns of a small conversation have none, and a map costs more than the rest of them.
  const waiting = calls.length === 0 ? undefined : new Map<string, number[]>();
  for (let at = calls.length - 1; at >= 0; at--) {
    const { clientId } = calls[at]!;
    const places = waiting?.get(clientId);
    if (places) places.push(at);
    else waiting?.set(clientId, [at]);
  }
  const results: (PlacedResult | undefined)[] = [];
  const rest: Remainder[] = [];
  for (const placed of replies) {
    const { content, role } = placed.message;
    const blocks: PlacedBlock[] = [];
    for (const [i, block] of (Array.isArray(content) ? (content as readonly Block[]) : []).entries()) {
      const path = `${placed.path}.content.${i}`;
      const at = role === 'user' && block.type === 'tool_result' ? waiting?.get(block.tool_use_id)?.pop() : undefined;
      if (at === undefined) blocks.push({ block, path });
      else results[at] = { block: block as ToolResultBlock, path };
    }
    rest.push({ ...placed, blocks });
  }
  return { results, rest };
}

/** A user message, as far as it is not the result of a call. */
export interface UserTarget extends ContentTarget {
  /** Content that is a string and not a list of blocks. */
  plainText(text: string): void;
}

export function addUserContent({ message, blocks }: Remainder, user: UserTarget, context: RequestContext): void {
  if (typeof message.content === 'string') user.plainText(message.content);
  for (const { block, path } of blocks) {
    if (block.type === 'tool_result') addOrphan(block, path, user, context);
    else translateBlock(block, path, user, context);
    if ('cache_control' in block && block.cache_control) context.breakpoints?.mark();
  }
}

/** A result whose call was cut off the history still tells the model something. */
function addOrphan(block: ToolResultBlock, path: string, user: ContentTarget, context: RequestContext): void {
  const failed = block.is_error === true ? context.errorPrefix : '';
  user.text(`${failed}Result of the tool call ${block.tool_use_id}, which is not part of this conversation:`);
  if (typeof block.content === 'string') user.text(block.content);
  else translateBlocks(block.content ?? [], `${path}.content`, user, context);
}

export function translateBlocks(
  blocks: readonly Block[],
  path: string,
  target: ContentTarget,
  context: RequestContext,
): void {
  for (const [i, block] of blocks.entries()) {
    translateBlock(block, `${path}.${i}`, target, context);
    if ('cache_control' in block && block.cache_control) context.breakpoints?.mark();
  }
}

/** The texts of a system message. Changes of the tools are dealt with elsewhere; here only the words count. */
export function instructionTexts(content: readonly Block[], context: RequestContext): string[] {
  const texts: string[] = [];
  for (const block of content) {
    if (block.type === 'text') texts.push(block.text);
    else if (block.type !== 'tool_addition' && block.type !== 'tool_removal') {
      dropUnknown(block, { text: (text) => texts.push(text), media: () => undefined }, context);
    }
  }
  return texts.filter((text) => text !== '');
}

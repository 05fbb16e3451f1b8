import type { Block, Message, Tool, ToolChangeBlock } from './request.js';

/** Claude Code sends it to keep the list non-empty while every real tool is deferred. It cannot be called. */
const PLACEHOLDER = 'DeferredToolPlaceholder';

/**
 * The tools that the model may see by the end of the conversation: all that are not deferred, those that a `tool_reference`
 * has named, plus and minus the changes made by `tool_addition` and `tool_removal`. The order of `tools` is kept, added
 * definitions follow; so the list only grows at its end from turn to turn.
 *
 * @returns the given array itself when nothing is deferred and nothing changes.
 */
export function activeTools(
  tools: readonly Tool[],
  messages: readonly Message[],
  earlierChanges: readonly ToolChangeBlock[] = [],
): readonly Tool[] {
  const changes = [...earlierChanges, ...changesIn(messages)];
  const deferring = tools.some((tool) => tool.defer_loading === true || tool.name === PLACEHOLDER);
  if (!deferring && changes.length === 0) return tools;

  const active = new Set(tools.filter((tool) => tool.defer_loading !== true).map(nameOf));
  if (deferring) for (const name of referencedTools(messages)) active.add(name);
  const added = new Map<string, Tool>();
  for (const { type, tool } of changes) {
    const name = tool.definition?.name ?? tool.name;
    if (name === undefined) continue;
    if (type === 'tool_removal') active.delete(name);
    else active.add(name);
    if (type === 'tool_addition' && tool.definition) added.set(name, tool.definition);
  }
  active.delete(PLACEHOLDER);
  const known = new Set(tools.map(nameOf));
  const list = tools.map((tool) => added.get(nameOf(tool)) ?? tool);
  return [...list, ...[...added.values()].filter((tool) => !known.has(nameOf(tool)))].filter((tool) =>
    active.has(nameOf(tool)),
  );
}

/** A toolset has no name and goes by its type. */
function nameOf(tool: Tool): string {
  return tool.name ?? tool.type ?? '';
}

function* changesIn(messages: readonly Message[]): Generator<ToolChangeBlock> {
  for (const { role, content } of messages) {
    if (role !== 'system' || !Array.isArray(content)) continue;
    for (const block of content as readonly Block[]) {
      if (block.type === 'tool_addition' || block.type === 'tool_removal') yield block;
    }
  }
}

/** Names in `tool_reference` blocks in order; they stand in tool results and in the answers of a hosted tool search. */
export function* referencedTools(messages: readonly Message[]): Generator<string> {
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue;
    for (const block of content as readonly Block[]) {
      if (block.type === 'tool_result' && Array.isArray(block.content)) {
        for (const part of block.content as readonly Block[]) if (part.type === 'tool_reference') yield part.tool_name;
      } else if (block.type === 'tool_search_tool_result') {
        yield* searchedNames(block.content);
      }
    }
  }
}

function* searchedNames(content: unknown): Generator<string> {
  const references = (content as { tool_references?: unknown } | null)?.tool_references;
  if (!Array.isArray(references)) return;
  for (const reference of references as readonly ({ tool_name?: unknown } | null)[]) {
    if (typeof reference?.tool_name === 'string') yield reference.tool_name;
  }
}

import type { Block, Message, ServerToolResultBlock, ServerToolUseBlock } from '../canonical/request.js';
import type { TextEncodingForm } from '../canonical/text.js';
import { describeServerResult, describeServerTool } from './described-blocks.js';

/** Tells in words what the provider's own tools did in one assistant turn: each use with its result. */
export class ServerToolNotes {
  readonly notes: string[] = [];
  readonly #results = new Map<string, ServerToolResultBlock>();

  constructor(
    messages: readonly Message[],
    private readonly form: TextEncodingForm,
  ) {
    for (const { content } of messages) {
      if (!Array.isArray(content)) continue;
      for (const block of content as readonly Block[]) {
        if (!block.type.endsWith('_tool_result')) continue;
        const result = block as ServerToolResultBlock;
        this.#results.set(result.tool_use_id, result);
      }
    }
  }

  use(block: ServerToolUseBlock): void {
    this.notes.push(describeServerTool(block, this.#results.get(block.id), this.form));
    this.#results.delete(block.id);
  }

  /** A result that no use has told yet. */
  result(block: ServerToolResultBlock): void {
    if (this.#results.delete(block.tool_use_id)) this.notes.push(describeServerResult(block, this.form));
  }
}

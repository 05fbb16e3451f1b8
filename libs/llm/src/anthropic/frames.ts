import type { StopReason } from '../canonical/stop.js';
import { bytes, quote } from './blocks.js';

/*
 * Events of Anthropic's stream as bytes (one char each): a line `event:`, without which its SDK skips the event, one line of
 * JSON, a blank line.
 */

export type DeltaKind = 'text' | 'thinking' | 'input_json';

const DELTA_FIELDS: Readonly<Record<DeltaKind, string>> = {
  text: '"text_delta","text":"',
  thinking: '"thinking_delta","thinking":"',
  input_json: '"input_json_delta","partial_json":"',
};

/** What stands before the slice of a delta event. The same for all deltas of a block, so it is made once per block. */
export function deltaHead(kind: DeltaKind, index: number): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":${DELTA_FIELDS[kind]}`;
}

/** What stands behind the slice. */
export const DELTA_TAIL = '"}}\n\n';

export const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

export const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

export interface MessageHead {
  readonly id: string;
  readonly model: string;
}

/** @param usage JSON. */
export function messageStart(head: MessageHead, usage: string): string {
  const message = messageJson(head, {
    content: '[]',
    stop: 'null',
    sequence: 'null',
    details: 'null',
    usage,
    contextManagement: 'null',
  });
  return `event: message_start\ndata: {"type":"message_start","message":${message}}\n\n`;
}

/**
 * @param block JSON of the block with nothing in it: Claude Code empties text, thinking and input of this event, the SDK
 * keeps them, so only an empty block means the same to both.
 */
export function blockStart(index: number, block: string): string {
  return `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":${block}}\n\n`;
}

export function blockStop(index: number): string {
  return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
}

/** Clients assign the signature, they do not append to it: one event carries all of it. */
export function signatureDelta(index: number, signature: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"signature_delta","signature":${quote(signature)}}}\n\n`;
}

/** @param citation JSON. */
export function citationsDelta(index: number, citation: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"citations_delta","citation":${citation}}}\n\n`;
}

/** The parts of a message's end, each as JSON. */
export interface MessageTail {
  readonly stop: string;
  readonly sequence: string;
  readonly details: string;
  readonly usage: string;
  readonly contextManagement: string;
}

export function messageDelta({ stop, sequence, details, usage, contextManagement }: MessageTail): string {
  const delta = `{"stop_reason":${stop},"stop_sequence":${sequence},"stop_details":${details},"container":null}`;
  return `event: message_delta\ndata: {"type":"message_delta","delta":${delta},"usage":${usage},"context_management":${contextManagement}}\n\n`;
}

/** A whole message. `content` is the JSON of the array of blocks. */
export function messageJson({ id, model }: MessageHead, tail: MessageTail & { readonly content: string }): string {
  return (
    `{"id":${quote(id)},"type":"message","role":"assistant","model":${quote(model)},"content":${tail.content},` +
    `"stop_reason":${tail.stop},"stop_sequence":${tail.sequence},"stop_details":${tail.details},"container":null,` +
    `"context_management":${tail.contextManagement},"diagnostics":null,"usage":${tail.usage}}`
  );
}

/** What follows from the reason of the stop. @param explanation of a refusal. */
export function messageTail(
  stop: StopReason | undefined,
  sequence: string | undefined,
  explanation: string | undefined,
  usage: string,
  contextManagement: unknown,
): MessageTail {
  const refused = stop === 'refusal';
  return {
    stop: stop === undefined ? 'null' : `"${stop}"`,
    sequence: stop === 'stop_sequence' && sequence !== undefined ? quote(sequence) : 'null',
    details: refused
      ? `{"type":"refusal","category":null,"explanation":${explanation === undefined ? 'null' : quote(explanation)}}`
      : 'null',
    usage,
    contextManagement: contextManagement === undefined ? 'null' : bytes(JSON.stringify(contextManagement)),
  };
}

import type { Citation } from '../canonical/message.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';

/** Reads what `message` of an answer and `delta` of a chunk have in common. */

/** Visible text, reasoning and refusal in a message or a delta; each may be empty. */
export interface WrittenParts {
  readonly reasoning: string;
  /** The parts of `content`: one for a string, several for the arrays of some servers. */
  readonly content: readonly string[];
  readonly refusal: string;
}

export function writtenParts(message: JsonRecord): WrittenParts {
  const content = message['content'];
  if (typeof content === 'string' || !Array.isArray(content)) {
    return { reasoning: reasoningOf(message), content: nonEmpty([text(content)]), refusal: text(message['refusal']) };
  }
  const parts = content.filter(isRecord);
  const ofType = (type: string): JsonRecord[] => parts.filter((part) => part['type'] === type);
  return {
    // Mistral puts its reasoning into the content.
    reasoning:
      reasoningOf(message) ||
      ofType('thinking')
        .map((part) => joined(part['thinking']))
        .join(''),
    content: nonEmpty(
      content.map((part) => (isRecord(part) && part['type'] === 'text' ? text(part['text']) : text(part))),
    ),
    refusal:
      text(message['refusal']) ||
      ofType('refusal')
        .map((part) => text(part['refusal']))
        .join(''),
  };
}

/** Servers that show their reasoning have three names for it and some send two of them at once. */
function reasoningOf(message: JsonRecord): string {
  const plain = text(message['reasoning_content']) || text(message['reasoning']);
  if (plain !== '') return plain;
  return list(message['reasoning_details'])
    .map((detail) => (isRecord(detail) ? text(detail['text']) || text(detail['summary']) : ''))
    .join('');
}

function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  return list(value)
    .map((part) => (isRecord(part) ? text(part['text']) : text(part)))
    .join('');
}

function nonEmpty(parts: readonly string[]): string[] {
  return parts.filter((part) => part !== '');
}

export function citationsOf(message: JsonRecord): Citation[] {
  return list(message['annotations']).flatMap((annotation) => {
    const source = isRecord(annotation) ? annotation['url_citation'] : undefined;
    if (!isRecord(source) || text(source['url']) === '') return [];
    const { start_index: start, end_index: end, title } = source;
    return [
      {
        url: text(source['url']),
        title: typeof title === 'string' ? title : undefined,
        start: typeof start === 'number' ? start : 0,
        end: typeof end === 'number' ? end : 0,
      },
    ];
  });
}

/** The arguments of a call as JSON text. Some servers send the object itself. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
}

/** Parts of an answer that have no place in a text conversation. */
export function lostParts(message: JsonRecord): string[] {
  return ['audio', 'images']
    .filter((part) => message[part] !== undefined && message[part] !== null)
    .map((part) => `response.${part}`);
}

/** The first choice, and whether there were others. */
export function firstChoice(choices: unknown): { choice: JsonRecord | undefined; several: boolean } {
  const all = list(choices).filter(isRecord);
  const choice = all.find((candidate) => (candidate['index'] ?? 0) === 0);
  return { choice, several: all.length > (choice === undefined ? 0 : 1) };
}

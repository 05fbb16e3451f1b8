import { obfuscation } from '../identifiers.js';
import { isPause, sleep, type Pause, type Step } from '../script/gate.js';
import { joined, type OutputPart, type Pieces } from '../script/script.js';
import type { JsonObject } from '../validation/checks.js';
import { showsSummary, type OutputItem, type ResponseAnswer } from './responses-answer.js';
import type { ResponsesRequest } from './responses-request.js';

/**
 * The ladder of events of one response, without their sequence numbers: created, in progress, every item from `added` over its
 * deltas to `done`, and the terminal event with the whole output. Pauses of the script stand where they were put.
 */
export function* responseEvents(answer: ResponseAnswer, request: ResponsesRequest): Generator<JsonObject | Pause> {
  const obfuscates = request.stream_options?.include_obfuscation !== false;
  yield { type: 'response.created', response: answer.snapshot('in_progress', []) };
  yield { type: 'response.in_progress', response: answer.snapshot('in_progress', []) };
  for (const [index, item] of answer.items.entries()) yield* itemEvents(item, index, request, obfuscates);
  const output = answer.items.map(({ done }) => done);
  yield { type: `response.${answer.status}`, response: answer.snapshot(answer.status, output) };
}

/** The events as frames, made one by one as the socket takes them. */
export function* responseFrames(ladder: Iterable<JsonObject | Pause>, paceMs = 0): Generator<Step> {
  let sequence = 0;
  for (const event of ladder) {
    if (isPause(event)) {
      yield event;
      continue;
    }
    const type = String(event['type']);
    if (paceMs > 0 && type.endsWith('.delta')) yield sleep(paceMs);
    yield `event: ${type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`;
    sequence += 1;
  }
}

function* itemEvents(
  item: OutputItem,
  index: number,
  request: ResponsesRequest,
  obfuscates: boolean,
): Generator<JsonObject | Pause> {
  const at = { output_index: index };
  yield { type: 'response.output_item.added', ...at, item: beginning(item) };
  yield* contentEvents(item, { item_id: item.id, ...at }, request, obfuscates);
  yield { type: 'response.output_item.done', ...at, item: item.done };
}

/** The item as it looks before its content. A reasoning item already has a ciphertext, but not yet the final one. */
function beginning({ part, done }: OutputItem): JsonObject {
  switch (part.type) {
    case 'reasoning': {
      const encrypted = done['encrypted_content'];
      return {
        ...done,
        summary: [],
        ...(typeof encrypted === 'string' && { encrypted_content: encrypted.slice(0, -64) }),
      };
    }
    case 'toolCall':
      return { ...done, status: 'in_progress', arguments: '' };
    case 'webSearch':
      return { ...done, status: 'in_progress', action: { type: 'search', query: '', queries: [] } };
    default:
      return { ...done, status: 'in_progress', content: [] };
  }
}

interface Place extends JsonObject {
  readonly item_id: string;
  readonly output_index: number;
}

function* contentEvents(
  { part, done }: OutputItem,
  place: Place,
  request: ResponsesRequest,
  obfuscates: boolean,
): Generator<JsonObject | Pause> {
  const delta = (type: string, pieces: Pieces, at: JsonObject, extra: JsonObject = {}) =>
    deltas(type, pieces, { ...place, ...at }, extra, obfuscates);
  switch (part.type) {
    case 'reasoning':
      if (showsSummary(request)) yield* summaryEvents(part.summary, place, obfuscates);
      else yield* part.summary.flat().filter((piece) => typeof piece !== 'string');
      break;
    case 'toolCall':
      yield* delta('response.function_call_arguments.delta', part.pieces, {});
      yield {
        type: 'response.function_call_arguments.done',
        ...place,
        arguments: joined(part.pieces),
        name: part.name,
      };
      break;
    case 'webSearch':
      for (const state of ['in_progress', 'searching', 'completed']) {
        yield { type: `response.web_search_call.${state}`, ...place };
      }
      break;
    default:
      yield* messageEvents(part, done, place, delta);
  }
}

type Deltas = (type: string, pieces: Pieces, at: JsonObject, extra?: JsonObject) => Iterable<JsonObject | Pause>;

function* messageEvents(
  part: Extract<OutputPart, { type: 'text' | 'refusal' }>,
  done: JsonObject,
  place: Place,
  delta: Deltas,
): Generator<JsonObject | Pause> {
  const at = { content_index: 0 };
  const [content = {}] = done['content'] as JsonObject[];
  const text = joined(part.pieces);
  if (part.type === 'refusal') {
    yield { type: 'response.content_part.added', ...place, ...at, part: { type: 'refusal', refusal: '' } };
    yield* delta('response.refusal.delta', part.pieces, at);
    yield { type: 'response.refusal.done', ...place, ...at, refusal: text };
  } else {
    const empty = { type: 'output_text', annotations: [], logprobs: [], text: '' };
    yield { type: 'response.content_part.added', ...place, ...at, part: empty };
    yield* delta('response.output_text.delta', part.pieces, at, { logprobs: [] });
    for (const [index, annotation] of (content['annotations'] as JsonObject[]).entries()) {
      yield { type: 'response.output_text.annotation.added', ...place, ...at, annotation_index: index, annotation };
    }
    yield { type: 'response.output_text.done', ...place, ...at, text, logprobs: [] };
  }
  yield { type: 'response.content_part.done', ...place, ...at, part: content };
}

function* summaryEvents(summary: readonly Pieces[], place: Place, obfuscates: boolean): Generator<JsonObject | Pause> {
  for (const [index, pieces] of summary.entries()) {
    const at = { ...place, summary_index: index };
    const text = joined(pieces);
    yield { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } };
    yield* deltas('response.reasoning_summary_text.delta', pieces, at, {}, obfuscates);
    yield { type: 'response.reasoning_summary_text.done', ...at, text };
    yield { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } };
  }
}

function* deltas(
  type: string,
  pieces: Pieces,
  at: JsonObject,
  extra: JsonObject,
  obfuscates: boolean,
): Generator<JsonObject | Pause> {
  for (const piece of pieces) {
    if (typeof piece !== 'string') yield piece;
    else yield { type, ...at, delta: piece, ...extra, ...(obfuscates && { obfuscation: obfuscation(piece.length) }) };
  }
}

import * as fc from 'fast-check';
import type { JsonRecord } from '../json.js';
import { cut } from './scripts.js';

/** An answer of the Responses API, in the pieces in which its stream brings it. */
export interface ResponseScript {
  readonly items: readonly Item[];
  readonly end: 'completed' | 'max_output_tokens' | 'content_filter';
  readonly usage: readonly [input: number, output: number] | undefined;
}

export type Item =
  | { readonly kind: 'message'; readonly parts: readonly MessagePart[]; readonly phase: string | undefined }
  | { readonly kind: 'reasoning'; readonly summary: readonly Pieces[]; readonly encrypted: boolean }
  /** `before`: how many of its pieces come before the call in front of it is done. */
  | { readonly kind: 'call'; readonly name: string; readonly pieces: Pieces; readonly before: number }
  | {
      readonly kind: 'search';
      readonly query: string | undefined;
      readonly urls: readonly string[];
      readonly failed: boolean;
    }
  | { readonly kind: 'unknown' };

export interface MessagePart {
  readonly refusal: boolean;
  readonly pieces: Pieces;
  readonly citations: readonly { readonly url: string; readonly title: string }[];
}

type Pieces = readonly string[];

/** What a server leaves out of the ladder of events, or puts between them. */
export interface ResponseStyle {
  /** `response.output_item.added` and `response.content_part.added`. */
  readonly added: boolean;
  readonly deltas: boolean;
  /** `…text.done`, `…arguments.done`, `…part.done`. */
  readonly partsDone: boolean;
  /** `response.output_item.done`. */
  readonly itemsDone: boolean;
  /** The last event has the output. */
  readonly output: boolean;
  /** `output_index`; else only ids. */
  readonly index: boolean;
  readonly obfuscation: boolean;
  /** Events that nobody knows, and comments. */
  readonly noise: boolean;
}

export const OPENAI_STYLE: ResponseStyle = {
  added: true,
  deltas: true,
  partsDone: true,
  itemsDone: true,
  output: true,
  index: true,
  obfuscation: true,
  noise: false,
};

/** Servers that leave out as much as still tells the whole answer. */
export const styles: fc.Arbitrary<ResponseStyle> = fc
  .record({
    added: fc.boolean(),
    deltas: fc.boolean(),
    partsDone: fc.boolean(),
    itemsDone: fc.boolean(),
    output: fc.boolean(),
    index: fc.boolean(),
    obfuscation: fc.boolean(),
    noise: fc.boolean(),
  })
  .map((style) =>
    style.itemsDone
      ? style
      : // An item that is never done comes whole in the last event, where it would be too late for its place among others.
        { ...style, added: false, deltas: false, partsDone: false, output: true },
  );

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\n', '\\u0041', '</', '\u2028', '😀', '漢字', 'data: x\n\n', '\u0000', '{"delta":"'),
);
const pieces = fc.array(words, { minLength: 1, maxLength: 4 });
const urls = fc.constantFrom('https://a.org/x', 'https://b.org/', 'https://c.example/?q=1');

const part: fc.Arbitrary<MessagePart> = fc.record({
  refusal: fc.boolean().map((refuses) => refuses),
  pieces,
  citations: fc.array(fc.record({ url: urls, title: words }), { maxLength: 2 }),
});

const item: fc.Arbitrary<Item> = fc.oneof(
  { weight: 3, arbitrary: message() },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reasoning' as const),
      summary: fc.array(pieces, { maxLength: 3 }),
      encrypted: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('Read', 'Write', 'mcp__a__b'),
        fc.dictionary(words, fc.oneof(words, fc.integer(), fc.boolean(), fc.jsonValue({ maxDepth: 2 })), {
          maxKeys: 3,
        }),
        fc.array(fc.nat(40), { maxLength: 4 }),
        fc.nat(3),
      )
      .map(([name, input, cuts, before]): Item => ({
        kind: 'call',
        name,
        pieces: cut(JSON.stringify(input), cuts),
        before,
      })),
  },
  fc.record({
    kind: fc.constant('search' as const),
    query: fc.option(words, { nil: undefined }),
    urls: fc.array(urls, { maxLength: 2 }),
    failed: fc.boolean(),
  }),
  fc.constant<Item>({ kind: 'unknown' }),
);

function message(): fc.Arbitrary<Item> {
  return fc.record({
    kind: fc.constant('message' as const),
    parts: fc.array(part, { minLength: 1, maxLength: 2 }),
    phase: fc.constantFrom(undefined, 'commentary', 'final_answer'),
  });
}

/** Any answer that a model can give. */
export const responseScripts: fc.Arbitrary<ResponseScript> = fc.record({
  items: fc.array(item, { maxLength: 5 }),
  end: fc.constantFrom('completed', 'max_output_tokens', 'content_filter'),
  usage: fc.option(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.nat(1e5)), { nil: undefined }),
});

/** The answer without streaming. */
export function responseOf({ items, end, usage }: ResponseScript): JsonRecord {
  return {
    id: 'resp_1',
    object: 'response',
    model: 'gpt-5.6-2026-07-09',
    service_tier: 'default',
    status: end === 'completed' ? 'completed' : 'incomplete',
    incomplete_details: end === 'completed' ? null : { reason: end },
    error: null,
    output: items.map(itemJson),
    usage: usage ? { input_tokens: usage[0], output_tokens: usage[1], total_tokens: usage[0] + usage[1] } : null,
  };
}

function itemJson(item: Item, index: number): JsonRecord {
  const id = idOf(item, index);
  switch (item.kind) {
    case 'message':
      return {
        id,
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: item.parts.map(partJson),
        ...(item.phase !== undefined && { phase: item.phase }),
      };
    case 'reasoning':
      return {
        id,
        type: 'reasoning',
        summary: item.summary.map((texts) => ({ type: 'summary_text', text: texts.join('') })),
        ...(item.encrypted && { encrypted_content: `E${index}` }),
      };
    case 'call':
      return {
        id,
        type: 'function_call',
        status: 'completed',
        arguments: item.pieces.join(''),
        call_id: `call_${index}`,
        name: item.name,
      };
    case 'search':
      return {
        id,
        type: 'web_search_call',
        status: item.failed ? 'failed' : 'completed',
        action:
          item.query === undefined
            ? { type: 'open_page', url: item.urls[0] ?? 'https://a.org/page' }
            : { type: 'search', query: item.query, sources: item.urls.map((url) => ({ type: 'url', url })) },
      };
    default:
      return { id, type: 'hologram_call', status: 'completed' };
  }
}

const PREFIXES = { message: 'msg', reasoning: 'rs', call: 'fc', search: 'ws', unknown: 'hc' } as const;

function idOf({ kind }: Item, index: number): string {
  return `${PREFIXES[kind]}_${index}`;
}

function partJson({ refusal, pieces: texts, citations }: MessagePart): JsonRecord {
  const text = texts.join('');
  if (refusal) return { type: 'refusal', refusal: text };
  return { type: 'output_text', annotations: citations.map(annotationJson), logprobs: [], text };
}

function annotationJson({ url, title }: { readonly url: string; readonly title: string }): JsonRecord {
  return { type: 'url_citation', start_index: 0, end_index: 2, url, title };
}

/** The events of the stream, without their sequence numbers. */
export function responseEvents(script: ResponseScript, style: ResponseStyle = OPENAI_STYLE): JsonRecord[] {
  const whole = responseOf(script);
  const started = { ...whole, status: 'in_progress', incomplete_details: null, output: [], usage: null };
  const events: JsonRecord[] = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
  ];
  const ladders = script.items.map((item, index) => itemEvents(item, index, style));
  script.items.forEach((item, index) => {
    const ladder = ladders[index]!;
    const next = script.items[index + 1];
    // A second call may begin while the first one is still being written.
    const after = item.kind === 'call' && next?.kind === 'call' ? ladders[index + 1]! : [];
    const early = next?.kind === 'call' ? after.splice(0, Math.min(next.before, after.length - 1)) : [];
    const last = ladder.pop();
    events.push(...ladder, ...early, ...(last ? [last] : []));
    if (style.noise) events.push({ type: 'response.hologram.delta', delta: 'x' });
  });
  events.push({
    type: script.end === 'completed' ? 'response.completed' : 'response.incomplete',
    response: style.output ? whole : { ...whole, output: [] },
  });
  return events;
}

function itemEvents(item: Item, index: number, style: ResponseStyle): JsonRecord[] {
  const id = idOf(item, index);
  const place = { item_id: id, ...(style.index && { output_index: index }) };
  const whole = itemJson(item, index);
  const at = style.index ? { output_index: index } : {};
  const padded = (event: JsonRecord): JsonRecord => (style.obfuscation ? { ...event, obfuscation: 'xY9' } : event);
  const deltas = (type: string, texts: Pieces, more: JsonRecord): JsonRecord[] =>
    style.deltas ? texts.map((delta) => padded({ type, ...place, ...more, delta })) : [];
  const done = (...events: JsonRecord[]): JsonRecord[] => (style.partsDone ? events : []);
  const inner = (): JsonRecord[] => {
    switch (item.kind) {
      case 'message':
        return item.parts.flatMap((content, i) => {
          const where = { ...place, content_index: i };
          const kind = content.refusal ? 'refusal' : 'output_text';
          const text = content.pieces.join('');
          return [
            ...(style.added ? [{ type: 'response.content_part.added', ...where, part: { type: kind } }] : []),
            ...deltas(`response.${kind}.delta`, content.pieces, {
              content_index: i,
              ...(!content.refusal && { logprobs: [] }),
            }),
            ...(style.deltas && !content.refusal
              ? content.citations.map((citation, n) => ({
                  type: 'response.output_text.annotation.added',
                  ...where,
                  annotation_index: n,
                  annotation: annotationJson(citation),
                }))
              : []),
            ...done(
              { type: `response.${kind}.done`, ...where, [content.refusal ? 'refusal' : 'text']: text },
              { type: 'response.content_part.done', ...where, part: partJson(content) },
            ),
          ];
        });
      case 'reasoning':
        return item.summary.flatMap((texts, i) => [
          ...deltas('response.reasoning_summary_text.delta', texts, { summary_index: i }),
          ...done({ type: 'response.reasoning_summary_text.done', ...place, summary_index: i, text: texts.join('') }),
        ]);
      case 'call':
        return [
          ...deltas('response.function_call_arguments.delta', item.pieces, {}),
          ...done({ type: 'response.function_call_arguments.done', ...place, arguments: item.pieces.join('') }),
        ];
      case 'search':
        return style.added ? [{ type: 'response.web_search_call.searching', ...place }] : [];
      default:
        return [];
    }
  };
  const empty = { summary: [], content: [], arguments: '', action: { type: 'search', query: '' } };
  const known = Object.fromEntries(Object.entries(empty).filter(([key]) => key in whole));
  return [
    ...(style.added ? [{ type: 'response.output_item.added', ...at, item: { ...whole, ...known } }] : []),
    ...inner(),
    ...(style.itemsDone ? [{ type: 'response.output_item.done', ...at, item: whole }] : []),
  ];
}

/** The bytes of a stream, one char each. */
export function responseStream(events: readonly JsonRecord[], noise = false): string {
  return events
    .map((event, i) => {
      const data = Buffer.from(JSON.stringify({ ...event, sequence_number: i })).toString('latin1');
      return `${noise ? ': keep-alive\n\n' : ''}event: ${String(event['type'])}\ndata: ${data}\n\n`;
    })
    .join('');
}

/** Whom the gateway asks in a case: Chat Completions, the Responses API, or an upstream of Anthropic's own format. */
export type Target = 'chat' | 'responses' | 'anthropic';

/** One row of the conformance table. Tests name the rows that they hold at the beginning of their titles. */
export interface Case {
  readonly id: string;
  readonly what: string;
  readonly targets: readonly Target[];
}

const CHAT = ['chat'] as const;
const RESPONSES = ['responses'] as const;
const BOTH = ['chat', 'responses'] as const;
const ANTHROPIC = ['anthropic'] as const;

type Row = readonly [id: string, targets: readonly Target[], what: string];

/** R: what becomes of a request. */
const REQUESTS: readonly Row[] = [
  ['R01', CHAT, 'a plain request, no key that was not asked for'],
  ['R02', RESPONSES, 'a plain request, not stored, with encrypted reasoning'],
  ['R03', CHAT, 'a system prompt in the role that the model knows'],
  ['R04', CHAT, 'blocks of a system prompt stay apart, cache marks go'],
  ['R05', RESPONSES, 'blocks of a system prompt become the first item, cache marks become breakpoints'],
  ['R06', RESPONSES, 'more cache marks than breakpoints'],
  ['R07', BOTH, 'an instruction in mid-conversation stays in its place'],
  ['R08', CHAT, 'an instruction between a call and its result moves behind the result'],
  ['R09', CHAT, 'an image as base64'],
  ['R10', BOTH, 'an image as an address'],
  ['R11', BOTH, 'a file id that means nothing here'],
  ['R12', BOTH, 'a PDF as base64'],
  ['R13', BOTH, 'a text document with title and context'],
  ['R14', CHAT, 'a call and its result, the arguments in the order given'],
  ['R15', RESPONSES, 'a call and its result as items, without item ids'],
  ['R16', CHAT, 'results in the order of their calls, before the rest of the turn'],
  ['R17', BOTH, 'a call without a result'],
  ['R18', BOTH, 'a result without a call'],
  ['R19', CHAT, 'an image in a result moves into a message of the user'],
  ['R20', RESPONSES, 'an image in a result stays in it'],
  ['R21', CHAT, 'a PDF in a result'],
  ['R22', CHAT, 'a result without content'],
  ['R23', BOTH, 'a failed result says so'],
  ['R24', BOTH, 'a deferred tool appears when it is referred to'],
  ['R25', BOTH, "thinking with somebody else's signature"],
  ['R26', RESPONSES, 'a reasoning item comes back byte for byte'],
  ['R27', RESPONSES, 'a reasoning item at the end of its turn is left out'],
  ['R28', RESPONSES, 'a reasoning item that was tampered with, or of another organisation, is left out'],
  ['R29', CHAT, 'visible reasoning goes back where it is wanted'],
  ['R30', BOTH, 'texts around a call'],
  ['R31', BOTH, 'redacted thinking is left out'],
  ['R32', BOTH, 'a search result keeps source, title and text'],
  ['R33', CHAT, 'an earlier search of the server becomes an instruction'],
  ['R34', BOTH, 'an unknown block keeps its text'],
  ['R35', BOTH, 'an empty message is left out'],
  ['R36', BOTH, 'nothing but an empty message'],
  ['R37', BOTH, 'an answer begun by the client is continued, or refused in strict mode'],
  ['R38', BOTH, 'tool names that the upstream does not take'],
  ['R39', BOTH, "a tool of Anthropic's own becomes a function"],
  ['R40', BOTH, 'a web search'],
  ['R41', CHAT, 'every tool choice'],
  ['R42', BOTH, 'one call at a time'],
  ['R43', RESPONSES, 'strict is always said'],
  ['R44', BOTH, 'keys beside the schema stay out of it'],
  ['R45', BOTH, 'schemas that the upstream refuses are put right'],
  ['R46', BOTH, 'output limits of 0, 1 and too many'],
  ['R47', CHAT, 'sampling goes to models that take it'],
  ['R48', BOTH, 'stop sequences are looked for here'],
  ['R49', BOTH, 'thinking and effort'],
  ['R50', BOTH, 'tools with reasoning, where the endpoint takes only one of them'],
  ['R51', BOTH, 'user and session become short keys'],
  ['R52', BOTH, 'a schema for the answer, strict only when it is'],
  ['R53', BOTH, 'safeguards are refused by name'],
  ['R54', BOTH, 'fields, betas and queries of a newer client'],
  ['R55', BOTH, 'one prefix, always the same bytes'],
  ['R56', BOTH, 'what the upstream refuses is left out, and remembered'],
];

/** S: what becomes of an answer in one piece. */
const ANSWERS: readonly Row[] = [
  ['S01', CHAT, 'text, with every field of the envelope'],
  ['S02', CHAT, 'text and a call'],
  ['S03', CHAT, 'a call that ends with stop'],
  ['S04', CHAT, 'calls are announced and there are none'],
  ['S05', CHAT, 'arguments that are no JSON'],
  ['S06', CHAT, 'arguments cut by the limit'],
  ['S07', CHAT, 'a call without arguments'],
  ['S08', CHAT, 'a refusal'],
  ['S09', CHAT, 'a content filter'],
  ['S10', CHAT, 'visible reasoning, text and a call'],
  ['S11', CHAT, 'cached and reasoning tokens'],
  ['S12', CHAT, 'no usage'],
  ['S13', CHAT, 'no choice'],
  ['S14', RESPONSES, 'a reasoning item, text and a call'],
  ['S15', RESPONSES, 'incomplete by the limit'],
  ['S16', RESPONSES, 'failed'],
  ['S17', RESPONSES, 'a web search with citations'],
  ['S18', CHAT, 'a hundred answers have a hundred ids'],
];

/** T: what becomes of a stream. */
const STREAMS: readonly Row[] = [
  ['T01', CHAT, 'text'],
  ['T02', CHAT, 'chunks that say nothing'],
  ['T03', CHAT, 'text, then a call in pieces'],
  ['T04', CHAT, 'text behind a call'],
  ['T05', CHAT, 'two calls, their pieces mixed'],
  ['T06', CHAT, 'a name that comes late'],
  ['T07', CHAT, 'a whole call with the end'],
  ['T08', CHAT, 'an index used twice'],
  ['T09', CHAT, 'two pieces in one chunk'],
  ['T10', CHAT, 'an empty list of calls beside text'],
  ['T11', CHAT, 'arguments as an object'],
  ['T12', CHAT, 'reasoning, then text'],
  ['T13', CHAT, 'reasoning between texts'],
  ['T14', CHAT, 'usage behind the end'],
  ['T15', CHAT, 'no usage'],
  ['T16', CHAT, 'no [DONE]'],
  ['T17', CHAT, 'an end in the middle'],
  ['T18', CHAT, 'an error in the middle'],
  ['T19', CHAT, 'an error before anything else'],
  ['T20', CHAT, 'any cut of the bytes'],
  ['T21', CHAT, 'other ways to write the same events'],
  ['T22', CHAT, 'filter results and other choices'],
  ['T23', CHAT, 'a call cut by the limit'],
  ['T24', RESPONSES, 'arguments that come at once'],
  ['T25', RESPONSES, 'a call that stands only in the last event'],
  ['T26', RESPONSES, 'text of which the last part was not streamed'],
  ['T27', RESPONSES, 'a summary of two parts'],
  ['T28', RESPONSES, 'reasoning without a summary'],
  ['T29', RESPONSES, 'a web search'],
  ['T30', RESPONSES, 'incomplete by a filter'],
  ['T31', RESPONSES, 'failed in the middle'],
  ['T32', RESPONSES, 'unknown events, and an end in the middle'],
  ['T33', CHAT, 'a silent upstream: pings'],
  ['T34', CHAT, 'an upstream that stays silent is given up'],
  ['T35', CHAT, 'a client that leaves takes the upstream with it'],
  ['T36', BOTH, 'the beginning is an estimate, the end is exact'],
  ['T37', BOTH, 'the official SDK makes the same message of it'],
  ['T38', CHAT, 'a slow reader of a long answer'],
];

/** E: errors. X: other endpoints, and what holds for every exchange. */
const REST: readonly Row[] = [
  ['E01', CHAT, 'a context overflow with numbers'],
  ['E02', CHAT, 'a context overflow without numbers'],
  ['E03', CHAT, 'a rate limit whose wait stands in the words'],
  ['E04', CHAT, 'no quota left'],
  ['E05', CHAT, 'overloaded, or unavailable'],
  ['E06', CHAT, "whose key was refused, the client's or the gateway's"],
  ['E07', CHAT, 'no such model'],
  ['E08', CHAT, 'a bad image, named by its place in the request of the client'],
  ['E09', CHAT, 'a page of HTML'],
  ['E10', CHAT, 'rate limits and organisation of the upstream'],
  ['E11', CHAT, 'no JSON, no messages, too large'],
  ['E12', CHAT, 'the keys of an error'],
  ['X01', BOTH, 'counting tokens'],
  ['X02', BOTH, 'counting tokens without the upstream'],
  ['X03', CHAT, 'the list of models'],
  ['X04', CHAT, 'an unknown model'],
  ['X05', CHAT, 'probes'],
  ['X06', CHAT, 'unknown paths'],
  ['X07', CHAT, 'paths that are not served'],
  ['X08', CHAT, 'one record for each exchange'],
  ['X09', CHAT, 'compressed requests'],
  ['X10', ANTHROPIC, 'the same format on both sides: the same bytes'],
];

export const CASES: readonly Case[] = [...REQUESTS, ...ANSWERS, ...STREAMS, ...REST].map(([id, targets, what]) => ({
  id,
  targets,
  what,
}));

/** Targets for which every case must have a test. */
export const HELD_TARGETS: readonly Target[] = ['chat', 'responses', 'anthropic'];

/** Whose cases a file of tests holds. */
export function targetOf(file: string): Target {
  if (file.startsWith('responses-')) return 'responses';
  return file.startsWith('pass-through') ? 'anthropic' : 'chat';
}

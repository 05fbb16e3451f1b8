import { obfuscation } from '../identifiers.js';
import { isPause, sleep, type Pause, type Step } from '../script/gate.js';
import type { OutputPart } from '../script/script.js';
import { annotation, logprobsOf, piecesOf, type ChatAnswer } from './chat-answer.js';
import type { ChatRequest } from './chat-request.js';

/**
 * The stream of a chat completion, made frame by frame as the socket takes them: the role, the deltas, the finish reason, the
 * usage when it is asked for, `[DONE]`. DeepSeek reports the usage in the chunk of the finish reason instead.
 * @param paceMs milliseconds between two deltas; 0 sends them as fast as they are taken
 */
export function* chatChunks(answer: ChatAnswer, request: ChatRequest, paceMs = 0): Generator<Step> {
  const frames = new ChunkWriter(answer, request);
  const isOpenAI = answer.dialect === 'openai';
  let opened = false;
  for (const delta of deltas(answer)) {
    if (isPause(delta)) {
      yield delta;
      continue;
    }
    if (opened && paceMs > 0) yield sleep(paceMs);
    // A call comes together with the role; a text starts empty and follows.
    if (!opened) yield* frames.ofChoices({ ...opening(answer, delta), ...('tool_calls' in delta && delta) });
    if (opened || !('tool_calls' in delta)) yield* frames.ofChoices(delta);
    opened = true;
  }
  if (!opened) yield* frames.ofChoices(opening(answer, {}));
  yield* frames.ofChoices({}, answer.finish);
  if (isOpenAI && answer.usage && request.stream_options?.include_usage) yield frames.frame([], answer.usage);
  yield 'data: [DONE]\n\n';
}

type Delta = Readonly<Record<string, unknown>>;

/** The first delta, which names the role. */
function opening({ dialect }: ChatAnswer, next: Delta): Delta {
  const content = 'tool_calls' in next || 'reasoning_content' in next ? null : '';
  if (dialect === 'openai') return { role: 'assistant', content, refusal: null };
  return { role: 'assistant', content, ...('reasoning_content' in next && { reasoning_content: '' }) };
}

function* deltas(answer: ChatAnswer): Generator<Delta | Pause> {
  let calls = 0;
  for (const part of answer.output) {
    if (part.type === 'toolCall') {
      const id = answer.callIds[calls];
      yield { tool_calls: [{ index: calls, id, type: 'function', function: { name: part.name, arguments: '' } }] };
      calls += 1;
    }
    for (const piece of piecesOf(part)) {
      if (typeof piece !== 'string') yield piece;
      else if (part.type !== 'reasoning' || answer.dialect === 'deepseek') yield deltaOf(part, piece, calls - 1);
    }
    if (part.type === 'text' && part.citations?.length) yield { annotations: part.citations.map(annotation) };
  }
}

function deltaOf(part: OutputPart, piece: string, call: number): Delta {
  switch (part.type) {
    case 'reasoning':
      return { content: null, reasoning_content: piece };
    case 'toolCall':
      return { tool_calls: [{ index: call, function: { arguments: piece } }] };
    case 'refusal':
      return { refusal: piece };
    default:
      return { content: piece };
  }
}

/** Writes chunks around a prefix that is made once. */
class ChunkWriter {
  private readonly prefix: string;
  private readonly wantsUsage: boolean;
  private readonly obfuscates: boolean;

  constructor(
    private readonly answer: ChatAnswer,
    private readonly request: ChatRequest,
  ) {
    const { id, created, model, serviceTier, fingerprint } = answer;
    const head = JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      ...(serviceTier && { service_tier: serviceTier }),
      system_fingerprint: fingerprint,
    });
    this.prefix = `data: ${head.slice(0, -1)},"choices":`;
    this.wantsUsage = request.stream_options?.include_usage === true;
    this.obfuscates = answer.dialect === 'openai' && request.stream_options?.include_obfuscation !== false;
  }

  /** The same delta for every choice. */
  *ofChoices(delta: Delta, finish: string | null = null): Generator<string> {
    const { content } = delta;
    const logprobs = typeof content === 'string' && content !== '' ? logprobsOf(content, this.request) : null;
    const usage = this.answer.dialect === 'deepseek' && finish !== null ? this.answer.usage : null;
    for (const index of this.answer.choices) {
      yield this.frame([{ index, delta, logprobs, finish_reason: finish }], usage);
    }
  }

  frame(choices: readonly object[], usage: object | null): string {
    const content = JSON.stringify(choices);
    const tail = this.wantsUsage || usage ? `,"usage":${JSON.stringify(usage)}` : '';
    const padding = this.obfuscates ? `,"obfuscation":"${obfuscation(content.length)}"` : '';
    return `${this.prefix}${content}${tail}${padding}}\n\n`;
  }
}

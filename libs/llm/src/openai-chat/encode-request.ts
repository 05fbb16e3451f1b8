import { activeTools } from '../canonical/active-tools.js';
import { applyCompaction } from '../canonical/compaction.js';
import { applyContextEdits, type AppliedEdit } from '../canonical/context-edits.js';
import { invalidRequest } from '../canonical/error.js';
import { Ledger } from '../canonical/ledger.js';
import type { CanonicalRequest } from '../canonical/request.js';
import { toEncoding, toText } from '../canonical/text.js';
import type { ToolNames } from '../canonical/tool-names.js';
import { withinStack } from '../json-body.js';
import { joinPieces } from '../json-bytes.js';
import { MappedToolNames } from '../openai/mapped-tool-names.js';
import { estimateInputTokens } from '../token-estimate.js';
import { CacheBreakpoints } from './cache-breakpoints.js';
import type { ChatTarget, EncodeSwitches } from './chat-target.js';
import type { MessageDraft, TranscriptContext } from './request-draft.js';
import { encodeParameters } from './request-parameters.js';
import { draftFormatNote, draftSystem, systemPieces } from './request-system.js';
import { encodeToolChoice, encodeTools } from './request-tools.js';
import { translateMessages } from './request-transcript.js';

/** Where an image or a file of the upstream's request comes from. */
export interface MediaOrigin {
  /** As an OpenAI error names it: `messages[4].content[1]`. */
  readonly upstream: string;
  /** In the client's own request: `messages.2.content.0.image`. */
  readonly client: string;
}

export interface EncodedChatRequest {
  /** UTF-8 JSON. */
  readonly body: Buffer;
  /** What could not be carried over, e.g. `lossy:top_k`. */
  readonly lossy: string[];
  readonly toolNames: ToolNames;
  /** About how many input tokens it has, at least 1. */
  readonly inputEstimate: number;
  /** Text that the answer may begin with although the client has it already. */
  readonly prefill: string | undefined;
  /** To be looked for in the answer: OpenAI does not tell which one it met, and reasoning models take none. */
  readonly stopSequences: readonly string[];
  /** For `context_management` of the answer; undefined when the client asked for no edits. */
  readonly appliedEdits: readonly AppliedEdit[] | undefined;
  readonly media: readonly MediaOrigin[];
}

/**
 * Writes a request for `POST /v1/chat/completions`. The same conversation always gives the same bytes, so that the upstream's
 * prompt cache finds its prefix.
 *
 * @throws LlmError 400 or 404 for what the upstream cannot do and the client must know about.
 */
export function encodeChatRequest(request: CanonicalRequest, target: ChatTarget): EncodedChatRequest {
  refuse(request, target.switches);
  return withinStack(() => encode(request, target));
}

/**
 * Whether the request only wants the provider to read its prompt into the cache. OpenAI has no such request: the gateway
 * answers with an empty message and `stop_reason: max_tokens`.
 */
export function isCachePrewarm(request: Pick<CanonicalRequest, 'maxTokens'>): boolean {
  return request.maxTokens === 0;
}

function refuse(request: CanonicalRequest, switches: EncodeSwitches = {}): void {
  if (request.safeguards && switches.ignoreSafeguards !== true) {
    throw invalidRequest('safeguards: not supported by this model');
  }
  if (request.continuesThread) {
    throw invalidRequest('thread_unsupported_request: send the whole conversation');
  }
  if (switches.strictPrefill === true && request.messages.at(-1)?.role === 'assistant') {
    throw invalidRequest(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
}

function encode(request: CanonicalRequest, target: ChatTarget): EncodedChatRequest {
  const { capabilities, switches = {} } = target;
  const { encoding } = request;
  const context: TranscriptContext = {
    form: encoding,
    capabilities,
    ledger: new Ledger(),
    names: new MappedToolNames(),
    envelope: target.envelope,
    errorPrefix: toEncoding(switches.errorPrefix ?? '[tool error] ', encoding),
    breakpoints: capabilities.cacheBreakpoints ? new CacheBreakpoints() : undefined,
  };
  for (const field of request.unknownFields) context.ledger.add(field);

  const edited = applyContextEdits(request);
  for (const edit of edited.unsupported) {
    context.ledger.add(`context_management.${toText(edit, encoding).slice(0, 64)}`);
  }
  const { messages, toolChanges } = applyCompaction(edited.messages);
  const tools = encodeTools(request, activeTools(request.tools, messages, toolChanges), context);

  const system = draftSystem(request, context, switches.keepAttribution === true);
  const transcript = translateMessages(messages, request.messages.length - messages.length, context);
  if (request.cacheControl) context.breakpoints?.mark();
  const formatNote = draftFormatNote(request, context);
  const drafts = formatNote ? [...transcript.drafts, formatNote] : transcript.drafts;

  const parameters = encodeParameters({
    request: { ...request, messages },
    target,
    context,
    toolChoice: encodeToolChoice(request, tools, context),
    hasTools: tools.pieces.length > 0,
    breakpoints: context.breakpoints?.apply() ?? 0,
  });
  const pieces = [
    `{"model":${JSON.stringify(toEncoding(target.model, encoding))},"messages":[`,
    ...(system ? [...systemPieces(system, encoding), ','] : []),
    JSON.stringify(drafts.map((draft) => draft.settle())).slice(1),
    ...(tools.pieces.length > 0 ? [',"tools":', ...tools.pieces] : []),
    parameters,
  ];
  return {
    body: joinPieces(pieces, encoding),
    lossy: context.ledger.list(),
    toolNames: context.names,
    inputEstimate: estimateInputTokens({ system: request.system, messages, toolBytes: tools.bytes }),
    prefill: transcript.prefill,
    stopSequences: request.stopSequences,
    appliedEdits: request.contextEdits && edited.applied,
    media: mediaOrigins(drafts, system ? 1 : 0),
  };
}

function mediaOrigins(drafts: readonly MessageDraft[], before: number): MediaOrigin[] {
  return drafts.flatMap((draft, i) =>
    [...(draft.mediaPaths ?? [])].map(([part, client]) => ({
      upstream: `messages[${i + before}].content[${part}]`,
      client,
    })),
  );
}

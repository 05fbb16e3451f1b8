import type { CanonicalRequest } from '../canonical/request.js';
import { toEncoding } from '../canonical/text.js';
import { withinStack } from '../json-body.js';
import { joinPieces, jsonMembers } from '../json-bytes.js';
import type { EncodedRequest, MediaOrigin } from '../openai/encoded-request.js';
import { prepareRequest } from '../openai/request-context.js';
import type { OpenAiTarget } from '../openai/target.js';
import { estimateInputTokens } from '../token-estimate.js';
import type { MessageDraft } from './request-draft.js';
import { encodeParameters } from './request-parameters.js';
import { draftFormatNote, draftSystem } from './request-system.js';
import { encodeToolChoice, encodeTools } from './request-tools.js';
import { translateMessages } from './request-transcript.js';

/**
 * Writes a request for `POST /v1/chat/completions`. The same conversation always gives the same bytes, so that the upstream's
 * prompt cache finds its prefix.
 *
 * @throws LlmError 400 or 404 for what the upstream cannot do and the client must know about.
 */
export function encodeChatRequest(request: CanonicalRequest, target: OpenAiTarget): EncodedRequest {
  return withinStack(() => encode(request, target));
}

/**
 * Whether the request only wants the provider to read its prompt into the cache. OpenAI has no such request: the gateway
 * answers with an empty message and `stop_reason: max_tokens`.
 */
export function isCachePrewarm(request: Pick<CanonicalRequest, 'maxTokens'>): boolean {
  return request.maxTokens === 0;
}

function encode(request: CanonicalRequest, target: OpenAiTarget): EncodedRequest {
  const { switches = {} } = target;
  const { encoding } = request;
  const { context, messages, offset, tools: active, appliedEdits } = prepareRequest(request, target, false);
  const tools = encodeTools(request, active, context);

  const system = draftSystem(request, context, switches.keepAttribution === true);
  const transcript = translateMessages(messages, offset, context);
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
  const all = system ? [system, ...drafts] : drafts;
  const pieces = [
    `{"model":${JSON.stringify(toEncoding(target.model, encoding))},"messages":[`,
    ...jsonMembers(
      all.map((draft) => draft.settle()),
      encoding,
    ),
    ']',
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
    appliedEdits,
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

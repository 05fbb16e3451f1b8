import type { CanonicalRequest } from '../canonical/request.js';
import { hostedSearch } from '../canonical/hosted-search.js';
import { toEncoding } from '../canonical/text.js';
import { withinStack } from '../json-body.js';
import { joinPieces, jsonMembers, type JsonPiece } from '../json-bytes.js';
import { withoutAttribution } from '../openai/attribution.js';
import type { EncodedRequest, MediaOrigin } from '../openai/encoded-request.js';
import { maxTokens } from '../openai/parameters.js';
import { prepareRequest, type RequestContext } from '../openai/request-context.js';
import type { OpenAiTarget } from '../openai/target.js';
import { estimateInputTokens } from '../token-estimate.js';
import { MessageDraft, type ItemDraft } from './item-drafts.js';
import { instruction, translateItems } from './request-items.js';
import { encodeCountParameters, encodeParameters, FEWEST_TOKENS } from './request-parameters.js';
import { encodeToolChoice, encodeTools, lateTools } from './request-tools.js';
import { searchNote } from './web-search-tool.js';

/**
 * Writes a request for `POST /v1/responses`. The same conversation always gives the same bytes, and the next turn of it begins
 * with them, so that the upstream's prompt cache finds its prefix (`translation.md` R55).
 *
 * @throws LlmError 400 or 404 for what the upstream cannot do and the client must know about.
 */
export function encodeResponsesRequest(request: CanonicalRequest, target: OpenAiTarget): EncodedRequest {
  return withinStack(() => encode(request, target, encodeParameters));
}

/** Writes the same request for `POST /v1/responses/input_tokens`, which counts it. */
export function encodeCountRequest(request: CanonicalRequest, target: OpenAiTarget): Buffer {
  return withinStack(() => encode(request, target, encodeCountParameters)).body;
}

function encode(given: CanonicalRequest, target: OpenAiTarget, parametersOf: typeof encodeParameters): EncodedRequest {
  const { encoding } = given;
  const prepared = prepareRequest(given, target, true);
  const { context, messages, appliedEdits } = prepared;
  const asked = maxTokens({ request: given, target, context, hasTools: false });
  const outputLimit = asked !== undefined && asked < FEWEST_TOKENS ? asked : undefined;
  // What has to be cut is looked at first.
  const request = { ...given, messages, stream: given.stream && outputLimit === undefined };
  const late = lateTools(given, prepared);
  const tools = encodeTools(prepared.tools, late, context);

  const system = draftSystem(request, context, target.switches?.keepAttribution === true);
  const { drafts, prefill, reasoning } = translateItems(prepared, target, late);
  if (request.cacheControl) context.breakpoints?.mark();
  const notes = draftNotes(request, context);
  const items = notes ? [...drafts, notes] : drafts;

  const parameters = parametersOf({
    request,
    target,
    context,
    tools,
    toolChoice: encodeToolChoice(given, tools, context),
    hasTools: tools.pieces.length > 0,
    breakpoints: context.breakpoints?.apply() ?? 0,
  });
  const all = system ? [system, ...items] : items;
  const pieces: JsonPiece[] = [
    `{"model":${JSON.stringify(toEncoding(target.model, encoding))}`,
    ...(tools.pieces.length > 0 ? [',"tools":', ...tools.pieces] : []),
    ',"input":[',
    ...jsonMembers(
      all.map((item) => item.settle()),
      encoding,
    ),
    ']',
    parameters,
  ];
  return {
    body: joinPieces(pieces, encoding),
    lossy: context.ledger.list(),
    toolNames: context.names,
    inputEstimate: estimateInputTokens({ system: request.system, messages, toolBytes: tools.bytes }),
    prefill,
    stopSequences: request.stopSequences,
    appliedEdits,
    media: mediaOrigins(items, system ? 1 : 0),
    reasoning,
    outputLimit,
  };
}

/** The system prompt as the first item, one part per block; undefined when it is empty. */
function draftSystem(
  { system, tools }: Pick<CanonicalRequest, 'system' | 'tools'>,
  context: RequestContext,
  keepAttribution: boolean,
): MessageDraft | undefined {
  const draft = instruction([], context);
  const kept = (text: string) => (keepAttribution ? text : withoutAttribution(text));
  if (typeof system === 'string') draft.text(kept(system));
  else {
    for (const block of system ?? []) {
      draft.text(kept(block.text));
      if (block.cache_control) context.breakpoints?.mark();
    }
  }
  context.breakpoints?.systemEnds(tools.some((tool) => Boolean(tool.cache_control)));
  return draft.isEmpty ? undefined : draft;
}

/** What has no field of its own and has to be asked for in words, at the end: it does not belong to the conversation. */
function draftNotes(request: CanonicalRequest, context: RequestContext): MessageDraft | undefined {
  const search = hostedSearch(request)?.tool;
  const note = search && searchNote(search, context);
  const { outputSchema } = request;
  const { structuredOutput } = context.capabilities;
  const format =
    outputSchema && structuredOutput !== 'json_schema'
      ? `Answer with a JSON object alone, without any text around it, that fits this JSON schema: ${JSON.stringify(outputSchema)}`
      : undefined;
  if (format !== undefined) context.ledger.add('output_config.format');
  const texts = [note, format].filter((text) => text !== undefined);
  return texts.length > 0 ? instruction(texts, context) : undefined;
}

function mediaOrigins(items: readonly ItemDraft[], before: number): MediaOrigin[] {
  return items.flatMap((item, i) =>
    [...(item.mediaPaths ?? [])].map(([part, client]) => ({
      upstream: `input[${i + before}].${item instanceof MessageDraft ? 'content' : 'output'}[${part}]`,
      client,
    })),
  );
}

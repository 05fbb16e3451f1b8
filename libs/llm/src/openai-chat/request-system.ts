import type { CanonicalRequest } from '../canonical/request.js';
import { withoutAttribution } from '../openai/attribution.js';
import type { RequestContext } from '../openai/request-context.js';
import { MessageDraft } from './request-draft.js';
import { instruction } from './request-replies.js';

/** The system prompt as the first message, one part per block; undefined when it is empty. */
export function draftSystem(
  { system, tools }: Pick<CanonicalRequest, 'system' | 'tools'>,
  context: RequestContext,
  keepAttribution: boolean,
): MessageDraft | undefined {
  const draft = new MessageDraft(context.capabilities.developerRole ? 'developer' : 'system', context);
  const kept = (text: string) => (keepAttribution ? text : withoutAttribution(text));
  if (typeof system === 'string') draft.plainText(kept(system));
  else {
    for (const block of system ?? []) {
      draft.text(kept(block.text));
      if (block.cache_control) context.breakpoints?.mark();
    }
  }
  context.breakpoints?.systemEnds(tools.some((tool) => Boolean(tool.cache_control)));
  return draft.isEmpty ? undefined : draft;
}

/** Asks in words for the shape of the answer, where the server cannot be made to keep to a schema. */
export function draftFormatNote(
  { outputSchema }: Pick<CanonicalRequest, 'outputSchema'>,
  context: RequestContext,
): MessageDraft | undefined {
  if (!outputSchema || context.capabilities.structuredOutput === 'json_schema') return undefined;
  context.ledger.add('output_config.format');
  const text = `Answer with a JSON object alone, without any text around it, that fits this JSON schema: ${JSON.stringify(outputSchema)}`;
  return instruction([text], context, true);
}

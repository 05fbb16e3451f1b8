import { activeTools } from '../canonical/active-tools.js';
import { applyCompaction } from '../canonical/compaction.js';
import { applyContextEdits, type AppliedEdit } from '../canonical/context-edits.js';
import { invalidRequest } from '../canonical/error.js';
import { Ledger } from '../canonical/ledger.js';
import type { CanonicalRequest, Message, Tool, ToolChangeBlock } from '../canonical/request.js';
import { toEncoding, toText } from '../canonical/text.js';
import type { ReasoningEnvelope } from '../reasoning-envelope.js';
import { CacheBreakpoints } from './cache-breakpoints.js';
import { MappedToolNames } from './mapped-tool-names.js';
import type { ContentContext } from './request-content.js';
import type { EncodeSwitches, OpenAiTarget } from './target.js';

/** What the translation of one request shares. */
export interface RequestContext extends ContentContext {
  readonly names: MappedToolNames;
  readonly envelope: ReasoningEnvelope | undefined;
  /** Put before the text of a failed tool result; OpenAI has no flag for it. */
  readonly errorPrefix: string;
  /** Undefined when the model takes no breakpoints. */
  readonly breakpoints: CacheBreakpoints | undefined;
}

/** A request after everything that is done to it before it takes the form of an endpoint. */
export interface PreparedRequest {
  readonly context: RequestContext;
  /** What is left of the conversation after edits and compaction. */
  readonly messages: readonly Message[];
  /** Messages that stood before the first one in the client's request. */
  readonly offset: number;
  /** Changes to the set of tools in the part that is gone. */
  readonly toolChanges: readonly ToolChangeBlock[];
  /** Those tools that the model may see by the end of the conversation. */
  readonly tools: readonly Tool[];
  readonly appliedEdits: readonly AppliedEdit[] | undefined;
}

/**
 * @param fileUrls whether the endpoint takes the address of a file.
 * @throws LlmError 400 for what the upstream cannot do and the client must know about.
 */
export function prepareRequest(request: CanonicalRequest, target: OpenAiTarget, fileUrls: boolean): PreparedRequest {
  const { capabilities, switches = {} } = target;
  refuse(request, switches);
  const { encoding } = request;
  const context: RequestContext = {
    form: encoding,
    capabilities,
    ledger: new Ledger(),
    fileUrls,
    names: new MappedToolNames(),
    envelope: target.envelope,
    errorPrefix: toEncoding(switches.errorPrefix ?? '[tool error] ', encoding),
    breakpoints: capabilities.cacheBreakpoints ? new CacheBreakpoints() : undefined,
  };
  for (const field of request.unknownFields) context.ledger.add(field);
  // All names first, so that a deferred tool has the same name before and after it is loaded.
  for (const { name } of request.tools) if (name !== undefined) context.names.upstream(toText(name, encoding));

  const edited = applyContextEdits(request);
  for (const edit of edited.unsupported) {
    context.ledger.add(`context_management.${toText(edit, encoding).slice(0, 64)}`);
  }
  const { messages, toolChanges } = applyCompaction(edited.messages);
  return {
    context,
    messages,
    offset: request.messages.length - messages.length,
    toolChanges,
    tools: activeTools(request.tools, messages, toolChanges),
    appliedEdits: request.contextEdits && edited.applied,
  };
}

function refuse(request: CanonicalRequest, switches: EncodeSwitches): void {
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

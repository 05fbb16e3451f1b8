import { invalidRequest } from '../canonical/error.js';
import { referencedTools } from '../canonical/active-tools.js';
import type { CanonicalRequest, Message, Tool } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import type { JsonPiece } from '../json-bytes.js';
import { functionMembers, openFunctionMembers } from '../openai/function-tools.js';
import type { RequestContext } from '../openai/request-context.js';

export interface EncodedTools {
  /** JSON of the list; empty when no tool is sent. */
  readonly pieces: readonly JsonPiece[];
  /** Of the list. */
  readonly bytes: number;
  /** Upstream names of the functions sent. */
  readonly names: ReadonlySet<string>;
}

/**
 * Writes the tools as functions. One that only Anthropic can run is left out with an entry in the ledger.
 *
 * @param active those of the request's tools that the model may see, from `activeTools`.
 * @throws LlmError 400 for tools of an MCP server, which the provider would have to call.
 */
export function encodeTools(
  { messages }: Pick<CanonicalRequest, 'messages'>,
  active: readonly Tool[],
  context: RequestContext,
): EncodedTools {
  const { capabilities, form, ledger, names } = context;
  const sent = new Set<string>();
  const pieces: JsonPiece[] = [];
  let bytes = 0;
  for (const tool of limited(active, messages, capabilities.toolLimit, () => ledger.add('tools'))) {
    if (tool.type === 'mcp_toolset') {
      throw invalidRequest('mcp_servers: tools of an MCP server are not supported by this model');
    }
    const name = tool.name === undefined ? undefined : names.upstream(toText(tool.name, form));
    const refused = name === undefined ? undefined : capabilities.refusedTools.get(name);
    const definition = refused === 'open' ? openFunctionMembers(tool, form) : functionMembers(tool, capabilities, form);
    if (name === undefined || !definition || refused === 'omit') {
      ledger.add(`tool:${toText(refused ? (name ?? '') : (tool.type ?? ''), form).slice(0, 64)}`);
      continue;
    }
    sent.add(name);
    pieces.push(`${pieces.length === 0 ? '[' : '}},'}{"type":"function","function":{"name":"${name}"`, definition);
    bytes += definition.length;
  }
  if (pieces.length > 0) pieces.push('}}]');
  return { pieces, bytes, names: sent };
}

/** Too many tools: those that were always there stay, then those that the conversation has asked for last. */
function limited(
  tools: readonly Tool[],
  messages: readonly Message[],
  limit: number,
  onCut: () => void,
): readonly Tool[] {
  if (tools.length <= limit) return tools;
  onCut();
  const recency = new Map([...referencedTools(messages)].map((name, i) => [name, i]));
  const rank = (tool: Tool) => (tool.defer_loading === true ? -1 - (recency.get(tool.name ?? '') ?? -1) : -Infinity);
  const kept = new Set([...tools].sort((a, b) => compare(rank(a), rank(b))).slice(0, limit));
  return tools.filter((tool) => kept.has(tool));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

export type ChatToolChoice =
  'auto' | 'required' | 'none' | { readonly type: 'function'; readonly function: { readonly name: string } };

/**
 * `tool_choice` for the functions that are sent.
 *
 * @throws LlmError 400 when the client forces a tool that is not among them.
 */
export function encodeToolChoice(
  { toolChoice }: Pick<CanonicalRequest, 'toolChoice'>,
  { names: sent }: EncodedTools,
  { names, form }: RequestContext,
): ChatToolChoice | undefined {
  if (!toolChoice) return undefined;
  if (toolChoice.type === 'tool') {
    const asked = toText(toolChoice.name, form);
    const name = names.upstream(asked);
    if (!sent.has(name)) {
      throw invalidRequest(`tool_choice: the tool '${asked.slice(0, 128)}' is not available for this model`);
    }
    return { type: 'function', function: { name } };
  }
  if (toolChoice.type !== 'any') return sent.size > 0 ? toolChoice.type : undefined;
  if (sent.size === 0) throw invalidRequest('tool_choice: none of the tools is available for this model');
  return 'required';
}

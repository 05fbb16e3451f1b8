import { referencedTools } from '../canonical/active-tools.js';
import { invalidRequest } from '../canonical/error.js';
import type { CanonicalRequest, Message, Tool } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import { hostedSearch } from '../canonical/hosted-search.js';
import type { JsonPiece } from '../json-bytes.js';
import { functionMembers, openFunctionMembers } from '../openai/function-tools.js';
import type { PreparedRequest, RequestContext } from '../openai/request-context.js';
import type { AdditionalTools } from './input-items.js';
import { webSearchTool } from './web-search-tool.js';

export interface EncodedTools {
  /** JSON of the list; empty when no tool is sent. */
  readonly pieces: readonly JsonPiece[];
  /** Of the list. */
  readonly bytes: number;
  /** Upstream names of the functions sent. */
  readonly names: ReadonlySet<string>;
  /** The provider's own search is among them. */
  readonly search: boolean;
}

/** Those of the request's tools that the model gets to know during the conversation, by the client's name. */
export type LateTools = Map<string, Tool>;

/**
 * Deferred tools that a result names, and tools that a system message adds. They go where they were named, not into `tools`:
 * so the beginning of the request stays the same, and with it the prompt cache.
 */
export function lateTools(request: CanonicalRequest, { messages, tools, context }: PreparedRequest): LateTools {
  const late: LateTools = new Map();
  if (!context.capabilities.additionalTools) return late;
  const fromTheStart = new Set(request.tools.filter((tool) => tool.defer_loading !== true).map(({ name }) => name));
  const named = new Set(messages.flatMap((message) => namedIn(message)));
  for (const tool of tools) {
    const { name } = tool;
    if (name !== undefined && named.has(name) && !fromTheStart.has(name)) late.set(name, tool);
  }
  return late;
}

/** Names of the tools that a message brings into the conversation. */
export function namedIn(message: Message): string[] {
  if (message.role === 'user') return [...referencedTools([message])];
  if (message.role !== 'system' || !Array.isArray(message.content)) return [];
  return message.content.flatMap((block) =>
    block.type === 'tool_addition' ? [block.tool.definition?.name ?? block.tool.name ?? ''] : [],
  );
}

/** The item that brings these tools, each only once in a conversation. */
export function additionalTools(
  names: readonly string[],
  late: LateTools,
  context: RequestContext,
): AdditionalTools | undefined {
  const tools: object[] = [];
  for (const clientName of names) {
    const tool = late.get(clientName);
    late.delete(clientName);
    const encoded = tool && encodeFunction(tool, context);
    if (!encoded) continue;
    const members = `{${encoded.members.toString(context.form).slice(1)}}`;
    tools.push({ type: 'function', name: encoded.name, ...(JSON.parse(members) as object) });
  }
  return tools.length > 0 ? { type: 'additional_tools', role: 'developer', tools } : undefined;
}

/**
 * Writes the tools: the client's own as functions, Anthropic's search as OpenAI's. Another that only Anthropic can run is left
 * out with an entry in the ledger.
 *
 * @param late those of them that are sent elsewhere.
 * @throws LlmError 400 for tools of an MCP server, which the provider would have to call.
 */
export function encodeTools(tools: readonly Tool[], late: LateTools, context: RequestContext): EncodedTools {
  const names = new Set<string>();
  const pieces: JsonPiece[] = [];
  let bytes = 0;
  let search = false;
  for (const tool of tools) {
    if (tool.type === 'mcp_toolset') {
      throw invalidRequest('mcp_servers: tools of an MCP server are not supported by this model');
    }
    const separator = pieces.length === 0 ? '[' : ',';
    if (tool.type?.startsWith('web_search_') === true) {
      search = true;
      const json = JSON.stringify(webSearchTool(tool));
      pieces.push(separator + json);
      bytes += json.length;
      continue;
    }
    const encoded = encodeFunction(tool, context);
    if (!encoded) continue;
    names.add(encoded.name);
    if (tool.name !== undefined && late.has(tool.name)) continue;
    pieces.push(`${separator}{"type":"function","name":"${encoded.name}"`, encoded.members, '}');
    bytes += encoded.members.length;
  }
  if (pieces.length > 0) pieces.push(']');
  return { pieces, bytes, names, search };
}

/** @returns undefined for a tool that cannot be sent, which the ledger then tells. */
function encodeFunction(
  tool: Tool,
  { capabilities, form, ledger, names }: RequestContext,
): { name: string; members: Buffer } | undefined {
  const name = tool.name === undefined ? undefined : names.upstream(toText(tool.name, form));
  const refused = name === undefined ? undefined : capabilities.refusedTools.get(name);
  const members = refused === 'open' ? openFunctionMembers(tool, form) : functionMembers(tool, capabilities, form);
  if (name !== undefined && members && refused !== 'omit') return { name, members };
  ledger.add(`tool:${toText(refused ? (name ?? '') : (tool.type ?? ''), form).slice(0, 64)}`);
  return undefined;
}

export type ToolChoice =
  | 'auto'
  | 'required'
  | 'none'
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'allowed_tools'; readonly mode: 'required'; readonly tools: readonly object[] };

/**
 * `tool_choice` for the tools that are sent. The search cannot be named: when it is the only tool, any tool is it; else the
 * choice is narrowed to it.
 *
 * @throws LlmError 400 when the client forces a tool that is not among them.
 */
export function encodeToolChoice(
  request: CanonicalRequest,
  { names: sent, search }: EncodedTools,
  { names, form }: RequestContext,
): ToolChoice | undefined {
  const { toolChoice } = request;
  if (!toolChoice) return undefined;
  const any = sent.size > 0 || search;
  if (toolChoice.type === 'tool') {
    if (search && hostedSearch(request)?.forced === true) {
      return sent.size === 0
        ? 'required'
        : { type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] };
    }
    const asked = toText(toolChoice.name, form);
    const name = names.upstream(asked);
    if (!sent.has(name)) {
      throw invalidRequest(`tool_choice: the tool '${asked.slice(0, 128)}' is not available for this model`);
    }
    return { type: 'function', name };
  }
  if (toolChoice.type !== 'any') return any ? toolChoice.type : undefined;
  if (!any) throw invalidRequest('tool_choice: none of the tools is available for this model');
  return 'required';
}

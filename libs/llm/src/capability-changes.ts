import type { Remedy } from './canonical/error.js';
import type { Effort } from './canonical/request.js';
import type { Adjustment, Capabilities, CapabilityOverrides } from './capabilities.js';

/** From weakest to strongest. */
export const EFFORT_ORDER: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The facts with the operator's corrections. */
export function overridden(facts: Capabilities, overrides: CapabilityOverrides): Capabilities {
  const { reasoning_efforts: efforts, reasoning_content: content } = overrides;
  return {
    ...facts,
    contextWindow: overrides.context_window ?? facts.contextWindow,
    maxOutput: overrides.max_output_tokens ?? facts.maxOutput,
    maxTokensField: overrides.max_tokens_field ?? facts.maxTokensField,
    developerRole: overrides.developer_role ?? facts.developerRole,
    temperature: overrides.temperature ?? facts.temperature,
    topK: overrides.top_k ?? facts.topK,
    efforts: efforts ? EFFORT_ORDER.filter((effort) => efforts.includes(effort)) : facts.efforts,
    reasoningContent: content === undefined ? facts.reasoningContent : wanted(content, facts.reasoningContent),
    thinkTags: overrides.think_tags ?? facts.thinkTags,
    vision: overrides.vision ?? facts.vision,
    pdf: overrides.pdf ?? facts.pdf,
    streamUsage: overrides.stream_usage ?? facts.streamUsage,
    arrayToolContent: overrides.array_tool_content ?? facts.arrayToolContent,
    cacheBreakpoints: overrides.prompt_cache_breakpoints ?? facts.cacheBreakpoints,
  };
}

function wanted(content: boolean, table: Capabilities['reasoningContent']): Capabilities['reasoningContent'] {
  if (!content) return 'drop';
  return table === 'drop' ? 'replay' : table;
}

/** The facts with one more lesson from a refusal. What has a field is changed there, the rest is done to the finished body. */
export function taught(facts: Capabilities, remedy: Remedy): Capabilities {
  switch (remedy.kind) {
    case 'retry':
      return facts;
    case 'strip_reasoning':
      return { ...facts, reasoningContent: 'drop' };
    case 'relax_tool': {
      const action = facts.refusedTools.has(remedy.tool) ? 'omit' : 'open';
      return { ...facts, refusedTools: new Map([...facts.refusedTools, [remedy.tool, action]]) };
    }
    case 'drop_parameter':
      return withoutParameter(facts, remedy.parameter);
    case 'rename_parameter':
      if (remedy.to === 'max_tokens' || remedy.to === 'max_completion_tokens') {
        return { ...facts, maxTokensField: remedy.to };
      }
      return adjusted(facts, { kind: 'rename', parameter: remedy.parameter, to: remedy.to });
    default:
      return withParameter(facts, remedy);
  }
}

function withoutParameter(facts: Capabilities, parameter: string): Capabilities {
  switch (parameter) {
    case 'temperature':
    case 'top_p':
      return { ...facts, temperature: false };
    case 'top_k':
      return { ...facts, topK: false };
    case 'reasoning_effort':
    case 'reasoning.effort':
    case 'reasoning':
      return { ...facts, efforts: [] };
    case 'reasoning.summary':
      return { ...facts, reasoningSummary: false };
    case 'additional_tools':
      return { ...facts, additionalTools: false };
    case 'stream_options':
      return { ...facts, streamUsage: false };
    case 'include_obfuscation':
      return { ...facts, streamObfuscation: false };
    case 'parallel_tool_calls':
      return { ...facts, parallelToolCalls: false };
    case 'service_tier':
      return { ...facts, serviceTier: false };
    case 'response_format':
    case 'text.format':
      return { ...facts, structuredOutput: 'none' };
    case 'strict':
      return { ...facts, strict: false };
    case 'prompt_cache_breakpoint':
    case 'prompt_cache_options':
      return { ...facts, cacheBreakpoints: false };
    case 'reasoning_content':
      return { ...facts, reasoningContent: 'drop' };
    default:
      return adjusted(facts, { kind: 'drop', parameter });
  }
}

const LIMITS = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens']);

function withParameter(
  facts: Capabilities,
  { parameter, value, supported = [] }: Extract<Remedy, { kind: 'set_parameter' }>,
): Capabilities {
  if (parameter === 'temperature' || parameter === 'top_p') return { ...facts, temperature: false };
  if (LIMITS.has(parameter)) {
    return typeof value === 'number' ? { ...facts, maxOutput: value } : facts;
  }
  if (parameter === 'reasoning.summary') return { ...facts, reasoningSummary: false };
  if (parameter === 'reasoning_effort' || parameter === 'reasoning.effort') {
    const told = EFFORT_ORDER.filter((effort) => supported.includes(effort));
    return told.length > 0 ? { ...facts, efforts: told } : withEffort(facts, value);
  }
  return adjusted(facts, { kind: 'set', parameter, value });
}

/**
 * The upstream takes this effort where it refused another, and has not told which it takes. Which one that was is not known, but the words that models lack
 * lie at the ends: beyond a strong word there is nothing, and nothing below a weak one.
 */
function withEffort(facts: Capabilities, value: unknown): Capabilities {
  const at = EFFORT_ORDER.findIndex((effort) => effort === value);
  if (at === -1) return facts;
  // A model that is known to take `none` and demands it does not reason beside tools.
  if (value === 'none' && facts.efforts.includes('none')) return { ...facts, reasoningWithToolsOnChat: false };
  const strong = at >= EFFORT_ORDER.indexOf('high');
  const efforts = EFFORT_ORDER.filter((effort, i) => {
    if (effort === value) return true;
    if (!facts.efforts.includes(effort) || (value === 'none' && effort === 'minimal')) return false;
    return strong ? i < at : i > at;
  });
  return { ...facts, efforts };
}

function adjusted(facts: Capabilities, adjustment: Adjustment): Capabilities {
  return { ...facts, adjustments: [...facts.adjustments, adjustment] };
}

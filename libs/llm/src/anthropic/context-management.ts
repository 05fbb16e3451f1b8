import type { ContextEdit } from '../canonical/request.js';
import { fault, isFields, optionalCount, optionalFields, requiredString, type Fields } from './check.js';

/** Anthropic's defaults of `clear_tool_uses_20250919` (docs, "Context editing"). */
const DEFAULT_TRIGGER_TOKENS = 100_000;
const DEFAULT_KEPT_TOOL_USES = 3;

/**
 * Reads `context_management.edits`. An edit of an unknown type is kept as `unsupported`: it is reported, never refused.
 *
 * @returns undefined when the client sent no `context_management`.
 */
export function readContextEdits(value: unknown): readonly ContextEdit[] | undefined {
  const fields = optionalFields(value, 'context_management');
  if (!fields) return undefined;
  const edits = fields['edits'] ?? [];
  if (!Array.isArray(edits)) throw fault('context_management.edits', 'Input should be a valid list');
  return edits.map((edit, i) => readEdit(edit, `context_management.edits.${i}`));
}

function readEdit(edit: unknown, path: string): ContextEdit {
  if (!isFields(edit)) throw fault(path, 'Input should be a valid dictionary');
  const type = requiredString(edit['type'], `${path}.type`);
  if (type === 'clear_thinking_20251015') return { type, keep: keptTurns(edit['keep'], `${path}.keep`) };
  if (type !== 'clear_tool_uses_20250919') return { type: 'unsupported', name: type };
  const trigger = optionalFields(edit['trigger'], `${path}.trigger`);
  const { clear_tool_inputs: inputs } = edit;
  return {
    type,
    trigger: {
      type: trigger?.['type'] === 'tool_uses' ? 'tool_uses' : 'input_tokens',
      value: amount(trigger, `${path}.trigger`) ?? DEFAULT_TRIGGER_TOKENS,
    },
    keep: amount(optionalFields(edit['keep'], `${path}.keep`), `${path}.keep`) ?? DEFAULT_KEPT_TOOL_USES,
    clearAtLeast:
      amount(optionalFields(edit['clear_at_least'], `${path}.clear_at_least`), `${path}.clear_at_least`) ?? 0,
    excludeTools: strings(edit['exclude_tools']),
    clearToolInputs: Array.isArray(inputs) ? strings(inputs) : inputs === true,
  };
}

/** `all`, `{type: 'all'}` or `{type: 'thinking_turns', value}`; by default one turn keeps its thinking. */
function keptTurns(keep: unknown, path: string): number | 'all' {
  if (keep === 'all') return 'all';
  const fields = optionalFields(keep, path);
  return fields?.['type'] === 'all' ? 'all' : (amount(fields, path) ?? 1);
}

function amount(fields: Fields | undefined, path: string): number | undefined {
  return optionalCount(fields?.['value'], `${path}.value`);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

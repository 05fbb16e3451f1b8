import type { Tool, ToolChoice } from '../canonical/request.js';
import { fault, isFields, optionalFields, optionalString, requiredString } from './check.js';

/**
 * Checks the shape of `tools` and returns the same array, or an empty one.
 *
 * @throws LlmError 400 with the path of the fault, e.g. `tools.0.input_schema: Field required`.
 */
export function checkTools(value: unknown): readonly Tool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fault('tools', 'Input should be a valid list');
  const names = new Set<string>();
  for (let i = 0; i < value.length; i++) {
    const name = checkTool(value[i], `tools.${i}`);
    if (name === undefined) continue;
    if (names.has(name)) throw fault('tools', 'Tool names must be unique.');
    names.add(name);
  }
  return value as readonly Tool[];
}

/** Checks one definition, at the top level or inside a `tool_addition`, and returns its name. */
function checkTool(tool: unknown, path: string): string | undefined {
  if (!isFields(tool)) throw fault(path, 'Input should be a valid dictionary');
  const type = optionalString(tool['type'], `${path}.type`);
  optionalString(tool['description'], `${path}.description`);
  const schema = optionalFields(tool['input_schema'], `${path}.input_schema`);
  if (tool['input_examples'] !== undefined && !Array.isArray(tool['input_examples'])) {
    throw fault(`${path}.input_examples`, 'Input should be a valid list');
  }
  if (type !== undefined && type.includes('toolset')) return undefined;
  const name = requiredString(tool['name'], `${path}.name`);
  if (name === '') throw fault(`${path}.name`, 'String should have at least 1 character');
  if (!schema && (type === undefined || type === 'custom')) throw fault(`${path}.input_schema`, 'Field required');
  return name;
}

/** Reads `tool_choice` and whether several calls in one answer are welcome. */
export function readToolChoice(value: unknown): { choice: ToolChoice | undefined; parallel: boolean } {
  const fields = optionalFields(value, 'tool_choice');
  if (!fields) return { choice: undefined, parallel: true };
  const parallel = fields['disable_parallel_tool_use'] !== true;
  const type = requiredString(fields['type'], 'tool_choice.type');
  switch (type) {
    case 'auto':
    case 'any':
    case 'none':
      return { choice: { type }, parallel };
    case 'tool':
      return { choice: { type, name: requiredString(fields['name'], 'tool_choice.name') }, parallel };
    default:
      throw fault('tool_choice.type', "Input should be 'auto', 'any', 'tool' or 'none'");
  }
}

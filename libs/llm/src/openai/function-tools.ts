import { isStrictSchema } from '../strict-schema.js';
import { sanitizeSchema } from '../schema-sanitizer.js';
import type { Capabilities } from '../capabilities.js';
import type { JsonSchema, Tool } from '../canonical/request.js';
import { toText, type TextEncodingForm } from '../canonical/text.js';
import { typedToolFunction } from './typed-tools.js';

/** Bytes of examples appended to a description. */
const MOST_EXAMPLES = 2048;

const kept = new WeakMap<Capabilities, WeakMap<Tool, Buffer | undefined>>();

/**
 * The function that stands for a tool of the client, but for its name: the JSON of its other members, each with a comma
 * before it (`,"description":…,"parameters":…,"strict":…`). Undefined for a tool that only Anthropic can run. An agent sends
 * the same definitions turn after turn; the bytes are kept for each definition and each set of capabilities.
 */
export function functionMembers(tool: Tool, capabilities: Capabilities, form: TextEncodingForm): Buffer | undefined {
  let known = kept.get(capabilities);
  if (!known) kept.set(capabilities, (known = new WeakMap<Tool, Buffer | undefined>()));
  if (known.has(tool)) return known.get(tool);
  const members = encode(tool, capabilities, form);
  known.set(tool, members);
  return members;
}

/** The function with a schema that accepts anything, for an upstream that refuses the real one; the model reads about it. */
export function openFunctionMembers(tool: Tool, form: TextEncodingForm): Buffer {
  const typed = typedToolFunction(tool);
  const schema = JSON.stringify(typed?.parameters ?? tool.input_schema ?? {});
  const intro = typed?.description ?? tool.description ?? '';
  const description = `${intro}${intro === '' ? '' : '\n\n'}JSON schema of the arguments: ${schema}`;
  return Buffer.from(
    `,"description":${JSON.stringify(description)},"parameters":{"type":"object","properties":{}}`,
    form,
  );
}

function encode(tool: Tool, capabilities: Capabilities, form: TextEncodingForm): Buffer | undefined {
  const typed = typedToolFunction(tool);
  const schema = typed?.parameters ?? tool.input_schema;
  if (!schema) return undefined;
  const description = typed?.description ?? withExamples(tool, form);
  const parameters = sanitizeSchema(schema);
  const described = description === '' ? '' : `,"description":${JSON.stringify(description)}`;
  const strict = capabilities.strict ? `,"strict":${String(isStrict(tool, parameters))}` : '';
  return Buffer.from(`${described},"parameters":${JSON.stringify(parameters)}${strict}`, form);
}

function isStrict(tool: Tool, parameters: JsonSchema): boolean {
  return tool.strict === true && isStrictSchema(parameters);
}

function withExamples(tool: Tool, form: TextEncodingForm): string {
  const description = tool.description ?? '';
  if (!tool.input_examples || tool.input_examples.length === 0) return description;
  let examples = '';
  for (const example of tool.input_examples) {
    const line = `\n${JSON.stringify(example)}`;
    if (Buffer.byteLength(toText(examples + line, form)) > MOST_EXAMPLES) break;
    examples += line;
  }
  if (examples === '') return description;
  return `${description}${description === '' ? '' : '\n\n'}Examples:${examples}`;
}

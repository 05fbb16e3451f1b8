import { invalidRequest } from '../api-error.js';
import { checkFunctionParameters, checkResponseSchema } from '../validation/schema-validation.js';
import { messageText, toolName, type ChatRequest } from './chat-request.js';

/** Tool schemas, the forced tool and the output format. */
export function checkTools(request: ChatRequest): void {
  for (const [index, tool] of (request.tools ?? []).entries()) {
    if (tool.type !== 'function' || !tool.function.parameters) continue;
    const { name, parameters, strict } = tool.function;
    checkFunctionParameters(parameters, name, `tools[${index}].function.parameters`, strict === true);
  }
  checkToolChoice(request);
  checkResponseFormat(request);
}

function checkToolChoice({ tool_choice: choice, tools = [] }: ChatRequest): void {
  if (typeof choice !== 'object' || choice.type === 'allowed_tools') return;
  const name = choice.type === 'function' ? choice.function.name : choice.custom.name;
  if (!tools.some((tool) => tool.type === choice.type && toolName(tool) === name)) {
    throw invalidRequest(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice');
  }
}

function checkResponseFormat({ response_format: format, messages }: ChatRequest): void {
  if (format?.type === 'json_object' && !messages.some((message) => /json/i.test(messageText(message)))) {
    throw invalidRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    );
  }
  if (format?.type !== 'json_schema') return;
  const { name, schema, strict } = format.json_schema;
  if (!schema) {
    throw invalidRequest(
      "Missing required parameter: 'response_format.json_schema.schema'.",
      'response_format.json_schema.schema',
      'missing_required_parameter',
    );
  }
  checkResponseSchema(schema, name, strict === true, { param: 'response_format', code: null });
}

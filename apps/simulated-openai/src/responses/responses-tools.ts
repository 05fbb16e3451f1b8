import { invalidRequest, unsupportedParameter } from '../api-error.js';
import type { Effort, Model } from '../models.js';
import {
  anyObject,
  anything,
  arrayOf,
  boolean,
  isObject,
  nullable,
  object,
  oneOf,
  string,
  tagged,
  type Check,
  type JsonObject,
} from '../validation/checks.js';
import { checkFunctionParameters } from '../validation/schema-validation.js';
import { inputItems, itemType, type ResponsesRequest, type ResponsesTool } from './responses-request.js';

const name = string({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ });
const callers = nullable(arrayOf(oneOf('direct', 'programmatic')));

const functionTool = object(
  { type: string(), name },
  {
    parameters: nullable(anyObject),
    strict: nullable(boolean),
    description: nullable(string()),
    defer_loading: boolean,
    allowed_callers: callers,
    output_schema: nullable(anyObject),
  },
);

const userLocation = nullable(
  object(
    {},
    {
      type: oneOf('approximate'),
      city: nullable(string()),
      country: nullable(string()),
      region: nullable(string()),
      timezone: nullable(string()),
    },
  ),
);

const webSearch = object(
  { type: string() },
  {
    filters: nullable(object({}, { allowed_domains: nullable(arrayOf(string(), { max: 100 })) })),
    search_context_size: oneOf('low', 'medium', 'high'),
    user_location: userLocation,
  },
);

const webSearchPreview = object(
  { type: string() },
  {
    search_content_types: arrayOf(oneOf('text', 'image')),
    search_context_size: oneOf('low', 'medium', 'high'),
    user_location: userLocation,
  },
);

/** A tool, hosted or the caller's own. Hosted tools that the simulation does not run are only known by name. */
export const toolShape: Check = tagged('type', {
  function: functionTool,
  web_search: webSearch,
  web_search_2025_08_26: webSearch,
  web_search_preview: webSearchPreview,
  web_search_preview_2025_03_11: webSearchPreview,
  custom: object(
    { type: string(), name },
    { description: string(), format: anyObject, defer_loading: boolean, allowed_callers: callers },
  ),
  tool_search: object(
    { type: string() },
    { description: nullable(string()), execution: oneOf('server', 'client'), parameters: anything },
  ),
  ...Object.fromEntries(
    [
      'file_search',
      'computer',
      'computer_use_preview',
      'mcp',
      'code_interpreter',
      'programmatic_tool_calling',
      'image_generation',
      'local_shell',
      'shell',
      'apply_patch',
      'namespace',
    ].map((type) => [type, anyObject]),
  ),
});

const HOSTED_CHOICES = [
  'file_search',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'computer',
  'computer_use_preview',
  'computer_use',
  'image_generation',
  'code_interpreter',
  'apply_patch',
  'shell',
  'programmatic_tool_calling',
];

const choiceObject = tagged('type', {
  function: object({ type: string(), name: string() }),
  custom: object({ type: string(), name: string() }),
  mcp: object({ type: string(), server_label: string() }, { name: nullable(string()) }),
  allowed_tools: object({ type: string(), mode: oneOf('auto', 'required'), tools: arrayOf(anyObject, { min: 1 }) }),
  ...Object.fromEntries(HOSTED_CHOICES.map((type) => [type, object({ type: string() })])),
});

export const toolChoiceShape: Check = (value, path) =>
  isObject(value) ? choiceObject(value, path) : oneOf('none', 'auto', 'required')(value, path);

/** Schemas of functions, the forced tool, and what tools ask of the model. */
export function checkResponsesTools(request: ResponsesRequest, model: Model, effort: Effort | undefined): void {
  const { tools = [] } = request;
  checkSchemas(tools, 'tools');
  for (const [index, item] of inputItems(request).entries()) {
    if (itemType(item) === 'additional_tools') checkSchemas(item['tools'] as ResponsesTool[], `input[${index}].tools`);
  }
  const search = tools.findIndex(({ type }) => type === 'tool_search');
  if (search >= 0 && !model.toolSearch) throw unsupportedParameter(`tools[${search}]`);
  const deferred = tools.findIndex((tool) => tool['defer_loading'] === true);
  if (deferred >= 0 && search < 0) {
    throw invalidRequest(
      `Invalid 'tools[${deferred}].defer_loading': deferred tools need a tool of type 'tool_search'.`,
      `tools[${deferred}].defer_loading`,
      'invalid_value',
    );
  }
  const web = tools.find(({ type }) => type.startsWith('web_search'));
  if (web && effort === 'minimal') {
    throw invalidRequest(`The following tools cannot be used with reasoning.effort 'minimal': ${web.type}.`, 'tools');
  }
  checkChoice(request.tool_choice, tools);
}

/** Only an explicit `strict: true` demands the strict subset; left out, the service makes the schema strict by itself. */
function checkSchemas(tools: readonly ResponsesTool[], path: string): void {
  for (const [index, tool] of tools.entries()) {
    const { type, name: toolName, parameters, strict } = tool;
    if (type !== 'function' || !isObject(parameters)) continue;
    checkFunctionParameters(parameters, String(toolName), `${path}[${index}].parameters`, strict === true);
  }
}

function checkChoice(choice: ResponsesRequest['tool_choice'], tools: readonly ResponsesTool[]): void {
  if (choice === 'required' && tools.length === 0) throw absent('required');
  if (typeof choice !== 'object') return;
  const wanted = choice['type'] === 'allowed_tools' ? (choice['tools'] as JsonObject[]) : [choice];
  for (const entry of wanted) {
    if (!tools.some((tool) => tool.type === entry['type'] && tool['name'] === entry['name'])) {
      throw absent(String(entry['type']));
    }
  }
}

const absent = (kind: string): Error =>
  invalidRequest(`Tool choice '${kind}' not found in 'tools' parameter.`, 'tool_choice');

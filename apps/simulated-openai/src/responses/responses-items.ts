import { ApiError, invalidRequest, unsupportedParameter } from '../api-error.js';
import type { Model } from '../models.js';
import {
  anyObject,
  anything,
  arrayOf,
  isObject,
  missing,
  nullable,
  object,
  oneOf,
  string,
  stringOr,
  tagged,
  wrongType,
  type Check,
  type JsonObject,
} from '../validation/checks.js';
import { checkFileData, checkImageUrl } from '../validation/media.js';
import type { ReasoningSeals } from './reasoning-seals.js';
import { toolShape } from './responses-tools.js';
import { itemType, type InputItem } from './responses-request.js';

const prompt_cache_breakpoint = nullable(object({ mode: oneOf('explicit') }));
const status = nullable(oneOf('in_progress', 'completed', 'incomplete'));
const caller = nullable(anyObject);

/** Ids of items tell their kind: `msg_…`, `fc_…`, `rs_…`. */
function id(prefix: string): Check {
  return nullable((value, path) => {
    string({ max: 64 })(value, path);
    if (!String(value).startsWith(prefix)) {
      throw invalidRequest(
        `Invalid '${path}': '${String(value)}'. Expected an ID that begins with '${prefix}'.`,
        path,
        'invalid_value',
      );
    }
  });
}

const inputText = object({ type: string(), text: string() }, { prompt_cache_breakpoint });

const imageShape = object(
  { type: string() },
  {
    detail: nullable(oneOf('low', 'high', 'auto', 'original')),
    image_url: nullable(string()),
    file_id: nullable(string()),
    prompt_cache_breakpoint,
  },
);

const inputImage: Check = (value, path) => {
  imageShape(value, path);
  const { image_url: url, file_id: file } = value as JsonObject;
  if (typeof file === 'string') throw unknownFile(file, `${path}.file_id`);
  if (typeof url !== 'string') throw missing(`${path}.image_url`);
  checkImageUrl(url, `${path}.image_url`);
};

const fileShape = object(
  { type: string() },
  {
    detail: oneOf('auto', 'low', 'high'),
    file_data: nullable(string()),
    file_id: nullable(string()),
    file_url: nullable(string({ pattern: /^https?:\/\// })),
    filename: nullable(string()),
    prompt_cache_breakpoint,
  },
);

const inputFile: Check = (value, path) => {
  fileShape(value, path);
  const { file_data: data, file_id: file, file_url: url, filename } = value as JsonObject;
  if (typeof file === 'string') throw unknownFile(file, `${path}.file_id`);
  if (typeof url === 'string') return;
  if (typeof data !== 'string') throw missing(`${path}.file_data`);
  if (typeof filename !== 'string') throw missing(`${path}.filename`);
  checkFileData(data, `${path}.file_data`);
};

/** Nothing can have been uploaded here. */
const unknownFile = (file: string, path: string): ApiError =>
  invalidRequest(`Invalid file id: '${file}'. File not found.`, path, 'invalid_value');

const inputPart = tagged('type', { input_text: inputText, input_image: inputImage, input_file: inputFile });

const outputPart = tagged('type', {
  output_text: object(
    { type: string(), text: string() },
    { annotations: arrayOf(anyObject), logprobs: arrayOf(anyObject) },
  ),
  refusal: object({ type: string(), refusal: string() }),
});

const messageKeys = { type: string(), status, id: id('msg') };
const inputMessage = object({ role: string(), content: stringOr(arrayOf(inputPart, { min: 1 })) }, messageKeys);
const outputMessage = object(
  { role: string(), content: stringOr(arrayOf(outputPart, { min: 1 })) },
  { ...messageKeys, phase: nullable(oneOf('commentary', 'final_answer')) },
);

const message = tagged('role', {
  user: inputMessage,
  system: inputMessage,
  developer: inputMessage,
  assistant: outputMessage,
});

const callId = string({ min: 1, max: 64 });
const output = stringOr(arrayOf(inputPart));

const summaryText = object({ type: oneOf('summary_text'), text: string() });
const reasoningText = object({ type: oneOf('reasoning_text'), text: string() });

const SHAPES: Readonly<Record<string, Check>> = {
  message,
  function_call: object(
    { type: string(), call_id: callId, name: string({ min: 1, max: 64 }), arguments: string() },
    { id: id('fc'), status, caller, namespace: string() },
  ),
  function_call_output: object({ type: string(), call_id: callId, output }, { id: id('fc'), status, caller }),
  custom_tool_call: object(
    { type: string(), call_id: callId, name: string(), input: string() },
    { id: id('ctc'), status, caller, namespace: string() },
  ),
  custom_tool_call_output: object({ type: string(), call_id: callId, output }, { id: id('ctc'), status, caller }),
  reasoning: object(
    { type: string(), id: id('rs'), summary: arrayOf(summaryText) },
    { content: nullable(arrayOf(reasoningText)), encrypted_content: nullable(string()), status },
  ),
  web_search_call: object({ type: string(), id: id('ws') }, { status: string(), action: anyObject }),
  item_reference: object({ id: string() }, { type: string() }),
  additional_tools: object(
    { type: string(), role: oneOf('developer'), tools: arrayOf(toolShape, { min: 1 }) },
    { id: nullable(string()) },
  ),
  tool_search_call: object(
    { type: string(), arguments: anything },
    { id: nullable(string()), call_id: nullable(callId), execution: oneOf('server', 'client'), status },
  ),
  tool_search_output: object(
    { type: string(), tools: arrayOf(toolShape) },
    { id: nullable(string()), call_id: nullable(callId), execution: oneOf('server', 'client'), status },
  ),
  compaction: object({ type: string(), encrypted_content: string() }, { id: nullable(string()) }),
  ...Object.fromEntries(
    [
      'file_search_call',
      'computer_call',
      'computer_call_output',
      'image_generation_call',
      'code_interpreter_call',
      'local_shell_call',
      'local_shell_call_output',
      'shell_call',
      'shell_call_output',
      'apply_patch_call',
      'apply_patch_call_output',
      'mcp_list_tools',
      'mcp_approval_request',
      'mcp_approval_response',
      'mcp_call',
      'compaction_trigger',
    ].map((type) => [type, anyObject]),
  ),
};

const typed = tagged('type', SHAPES);

/** One item of the input. Without `type` it is a message when it has a role, a reference otherwise. */
export const itemShape: Check = (value, path) => {
  if (!isObject(value)) throw wrongType(path, 'an object', value);
  if (value['type'] !== undefined && value['type'] !== null) typed(value, path);
  else if (value['role'] !== undefined) message(value, path);
  else throw missing(`${path}.type`);
};

/** Everything about the list of items that no item shows by itself. */
export function checkItemOrder(items: readonly InputItem[], model: Model, seals: ReasoningSeals): void {
  checkCalls(items);
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const type = itemType(item);
    if (type === 'item_reference') throw notStored(item['id']);
    if ((type === 'additional_tools' || type.startsWith('tool_search')) && !model.toolSearch) {
      throw unsupportedParameter(`input[${index}]`);
    }
    if (type !== 'reasoning') continue;
    if (seen.has(item['id'])) {
      throw invalidRequest(
        `Duplicate item found with id ${String(item['id'])}. Remove duplicate items from your input and try again.`,
        'input',
      );
    }
    seen.add(item['id']);
    checkReasoning(item, items[index + 1], seals);
  }
}

const FOLLOWERS = new Set([
  'message',
  'function_call',
  'custom_tool_call',
  'web_search_call',
  'tool_search_call',
  'reasoning',
]);

/** Nothing is stored here, so reasoning must bring its own ciphertext, the one that was issued with its id. */
function checkReasoning(item: InputItem, next: InputItem | undefined, seals: ReasoningSeals): void {
  const { id: itemId, encrypted_content: encrypted } = item;
  if (typeof encrypted !== 'string') throw notStored(itemId);
  if (!seals.opens(String(itemId), encrypted)) {
    throw invalidRequest(
      `The encrypted content for item ${String(itemId)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      null,
      'invalid_encrypted_content',
    );
  }
  const follows = next && FOLLOWERS.has(itemType(next)) && (next.role === undefined || next.role === 'assistant');
  if (!follows) {
    throw invalidRequest(
      `Item '${String(itemId)}' of type 'reasoning' was provided without its required following item.`,
      'input',
    );
  }
}

function notStored(itemId: unknown): ApiError {
  return new ApiError(
    404,
    `Item with id '${String(itemId)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    { param: 'input' },
  );
}

/** Every call has its output, every output its call, and the call comes first. */
function checkCalls(items: readonly InputItem[]): void {
  for (const [call, result] of [
    ['function_call', 'function_call_output'],
    ['custom_tool_call', 'custom_tool_call_output'],
  ] as const) {
    const open = new Set<string>();
    const calls = new Set<string>();
    for (const item of items) {
      const id = String(item['call_id']);
      if (itemType(item) === call) {
        open.add(id);
        calls.add(id);
      } else if (itemType(item) === result) {
        if (!calls.has(id)) {
          throw invalidRequest(`No tool call found for function call output with call_id ${id}.`, 'input');
        }
        open.delete(id);
      }
    }
    const [unanswered] = open;
    if (unanswered !== undefined) {
      throw invalidRequest(`No tool output found for function call ${unanswered}.`, 'input');
    }
  }
}

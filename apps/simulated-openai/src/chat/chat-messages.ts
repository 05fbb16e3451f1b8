import { invalidRequest } from '../api-error.js';
import type { Model } from '../models.js';
import {
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
} from '../validation/checks.js';
import { checkFileData, checkImageUrl } from '../validation/media.js';
import type { ChatMessage } from './chat-request.js';

const prompt_cache_breakpoint = object({ mode: oneOf('explicit') });

const textPart = object({ type: string(), text: string() }, { prompt_cache_breakpoint });
const refusalPart = object({ type: string(), refusal: string() });

const imageShape = object(
  { type: string(), image_url: object({ url: string() }, { detail: oneOf('auto', 'low', 'high') }) },
  { prompt_cache_breakpoint },
);

const imagePart: Check = (value, path) => {
  imageShape(value, path);
  checkImageUrl((value as { image_url: { url: string } }).image_url.url, `${path}.image_url.url`);
};

const fileShape = object(
  { type: string(), file: object({}, { file_data: string(), file_id: string(), filename: string() }) },
  { prompt_cache_breakpoint },
);

const filePart: Check = (value, path) => {
  fileShape(value, path);
  const { file_data: data, file_id: id, filename } = (value as { file: Record<string, string | undefined> }).file;
  // Nothing can have been uploaded here, so every file id is an unknown one.
  if (id !== undefined) {
    throw invalidRequest(`Invalid file id: '${id}'. File not found.`, `${path}.file.file_id`, 'invalid_value');
  }
  if (data === undefined) throw missing(`${path}.file.file_id`);
  if (filename === undefined) throw missing(`${path}.file.filename`);
  checkFileData(data, `${path}.file.file_data`);
};

const audioShape = object(
  { type: string(), input_audio: object({ data: string(), format: oneOf('wav', 'mp3') }) },
  { prompt_cache_breakpoint },
);

const audioPart: Check = (value, path) => {
  audioShape(value, path);
  throw invalidRequest('This model does not support audio input.', `${path}.type`, 'invalid_value');
};

const instructionContent = stringOr(arrayOf(tagged('type', { text: textPart }), { min: 1 }));

const userContent = stringOr(
  arrayOf(tagged('type', { text: textPart, image_url: imagePart, input_audio: audioPart, file: filePart }), { min: 1 }),
);

const assistantContent = stringOr(arrayOf(tagged('type', { text: textPart, refusal: refusalPart }), { min: 1 }));

const functionCall = object({ name: string(), arguments: string() });

const toolCalls: Check = arrayOf(
  tagged('type', {
    function: object({ id: string({ min: 1 }), type: string(), function: functionCall }),
    custom: object({ id: string({ min: 1 }), type: string(), custom: object({ name: string(), input: string() }) }),
  }),
  { min: 1 },
);

const name = string({ max: 64 });

const SHAPES: Readonly<Record<string, Check>> = {
  system: object({ role: string(), content: instructionContent }, { name }),
  developer: object({ role: string(), content: instructionContent }, { name }),
  user: object({ role: string(), content: userContent }, { name }),
  assistant: object(
    { role: string() },
    {
      content: nullable(assistantContent),
      refusal: nullable(string()),
      audio: nullable(object({ id: string() })),
      function_call: nullable(functionCall),
      tool_calls: toolCalls,
      name,
    },
  ),
  tool: object({ role: string(), content: instructionContent, tool_call_id: string() }),
  function: object({ role: string(), content: nullable(string()), name: string() }),
};

/** One message: the role decides which keys and which content parts it may have. */
export const messageShape: Check = (value, path) => {
  if (!isObject(value)) throw wrongType(path, 'an object', value);
  const { role, content } = value;
  if (
    role !== 'user' &&
    Array.isArray(content) &&
    content.some((part) => isObject(part) && part['type'] === 'image_url')
  ) {
    throw invalidRequest(
      `Invalid '${path}'. Image URLs are only allowed for messages with role 'user', but this message with role '${String(role)}' contains an image URL.`,
      path,
      'invalid_value',
    );
  }
  tagged('role', SHAPES)(value, path);
};

/** Everything about the list of messages that no message shows by itself. */
export function checkMessageOrder(messages: readonly ChatMessage[], model: Model): void {
  checkInstructionRoles(messages, model);
  messages.forEach((message, index) => checkAssistant(message, index, model));
  checkToolMessages(messages);
}

/** Reasoning models know one instruction role per request: `system` is only the old name of `developer` there. */
function checkInstructionRoles(messages: readonly ChatMessage[], model: Model): void {
  if (!model.reasoning) return;
  const first = messages.find(({ role }) => role === 'system' || role === 'developer');
  const other = messages.findIndex(({ role }) => (role === 'system' || role === 'developer') && role !== first?.role);
  if (other >= 0) {
    throw invalidRequest(
      `Invalid 'messages[${other}].role'. Messages with role 'system' and messages with role 'developer' cannot be used in the same request.`,
      `messages[${other}].role`,
      'invalid_value',
    );
  }
}

function checkAssistant(message: ChatMessage, index: number, model: Model): void {
  if (message.role !== 'assistant') return;
  const says = message.content ?? message.refusal ?? message.audio;
  if ((says === null || says === undefined) && !message.tool_calls && !message.function_call) {
    throw invalidRequest("Invalid value for 'content': expected a string, got null.", `messages[${index}].content`);
  }
  for (const [position, call] of (message.tool_calls ?? []).entries()) {
    string({ max: model.toolCallIdLength })(call.id, `messages[${index}].tool_calls[${position}].id`);
    if (call.type === 'function') {
      string({ max: 64, pattern: /^[a-zA-Z0-9_-]+$/ })(
        call.function.name,
        `messages[${index}].tool_calls[${position}].function.name`,
      );
    }
  }
}

/** After `tool_calls` come the `tool` messages, one per call, and nothing else until all are there. */
function checkToolMessages(messages: readonly ChatMessage[]): void {
  let open: Set<string> | undefined;
  let answered = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'tool') {
      if (open?.size) throw unanswered(open, index);
      open = message.tool_calls ? new Set(message.tool_calls.map((call) => call.id)) : undefined;
      answered = new Set();
      continue;
    }
    const id = message.tool_call_id ?? '';
    if (!open) {
      throw invalidRequest(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
      );
    }
    if (answered.has(id)) {
      throw invalidRequest(
        `Invalid parameter: Duplicate value for 'tool_call_id' of '${id}' in message[${index}]`,
        `messages.[${index}].tool_call_id`,
      );
    }
    if (!open.delete(id)) {
      throw invalidRequest(
        `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`,
        `messages.[${index}].tool_call_id`,
      );
    }
    answered.add(id);
  }
  if (open?.size) throw unanswered(open, messages.length - 1);
}

function unanswered(ids: ReadonlySet<string>, index: number): Error {
  return invalidRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    `messages.[${index}].role`,
  );
}

/** Pieces of Messages requests, under the short names of the conformance table. */
export type Fields = Readonly<Record<string, unknown>>;

/** The least that the API takes, small enough that nobody reasons about it. */
export const BASE = {
  model: 'claude-x',
  max_tokens: 4096,
  messages: [{ role: 'user', content: 'hi' }],
} as const;

/** `BASE` with these keys set. */
export const base = (more: Fields = {}): Fields => ({ ...BASE, ...more });

/** `BASE` with this conversation. */
export const talk = (messages: readonly object[], more: Fields = {}): Fields => ({ ...BASE, messages, ...more });

export const TOOL = {
  name: 'Read',
  description: 'd',
  input_schema: { type: 'object', properties: { p: { type: 'string' } }, required: ['p'] },
} as const;

/** A user's message with these blocks. */
export const U = (...content: readonly object[]): object => ({ role: 'user', content });
/** An assistant's message with these blocks. */
export const A = (...content: readonly object[]): object => ({ role: 'assistant', content });
/** An instruction in the middle of the conversation. */
export const S = (content: string): object => ({ role: 'system', content });

export const text = (value: string, more: Fields = {}): object => ({ type: 'text', text: value, ...more });
export const toolUse = (id: string, input: object = {}, name = 'Read'): object => ({
  type: 'tool_use',
  id,
  name,
  input,
});
export const toolResult = (id: string, content?: unknown, more: Fields = {}): object => ({
  type: 'tool_result',
  tool_use_id: id,
  ...(content !== undefined && { content }),
  ...more,
});

/** A whole PNG of one pixel, base64: strict servers look at what they are sent. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');

export const image = (data = PNG): object => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data },
});
export const pdf = (title = 'r.pdf'): object => ({
  type: 'document',
  title,
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
});

/** What becomes of them on Chat Completions. */
export const imagePart = (data = PNG): object => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${data}`, detail: 'high' },
});
export const filePart = (filename = 'r.pdf'): object => ({
  type: 'file',
  file: { filename, file_data: `data:application/pdf;base64,${PDF}` },
});
export const textPart = (value: string): object => ({ type: 'text', text: value });
export const call = (id: string, args = '{}', name = 'Read'): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

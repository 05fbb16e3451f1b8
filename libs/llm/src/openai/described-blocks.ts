import type {
  BrowserStateBlock,
  DocumentBlock,
  SearchResultBlock,
  ServerToolResultBlock,
  ServerToolUseBlock,
} from '../canonical/request.js';
import { toEncoding, toText, type TextEncodingForm } from '../canonical/text.js';

/** Blocks that have no counterpart at OpenAI, told in words. Texts are in the form of the request. */

/** What precedes a document's body: its title and what the client says about it. */
export function documentHeading({ title, context }: DocumentBlock): string {
  const lines = [...(title ? [`Document: ${title}`] : []), ...(context ? [`Context: ${context}`] : [])];
  return lines.join('\n');
}

export function searchResultHeading({ source, title }: SearchResultBlock): string {
  return `Search result: ${title}\nSource: ${source}`;
}

export function describeBrowserState({ tabs }: BrowserStateBlock): string {
  const lines = (Array.isArray(tabs) ? tabs : []).map(
    (tab) => `- ${tab.title ?? ''} ${tab.url ?? ''}${tab.active === true ? ' (active)' : ''}`,
  );
  return `Open browser tabs:\n${lines.length > 0 ? lines.join('\n') : '(none)'}`;
}

const MOST_RESULTS = 20;
const LONGEST_TEXT = 2000;

/**
 * A use of a tool that the provider ran, and its result, as a note about the past. Of the result only what is readable is
 * told: titles and addresses of a search, output of a command; encrypted content is of no use to another model.
 */
export function describeServerTool(
  use: ServerToolUseBlock,
  result: ServerToolResultBlock | undefined,
  form: TextEncodingForm,
): string {
  const what = use.type === 'mcp_tool_use' ? `Earlier use of the tool ${use.name}` : `Earlier ${spaced(use.name)}`;
  const told = result ? describeResult(result.content, form) : '';
  return `${what}: ${describeInput(use.input, form)}${told === '' ? '' : `\nResult:\n${told}`}`;
}

/** A result whose use is no longer in the conversation. */
export function describeServerResult(result: ServerToolResultBlock, form: TextEncodingForm): string {
  return `Earlier ${spaced(result.type.replace(/_tool_result$/, ''))}:\n${describeResult(result.content, form)}`;
}

function spaced(name: string): string {
  return name.replaceAll('_', ' ');
}

function describeInput(input: unknown, form: TextEncodingForm): string {
  const fields = isFields(input) ? input : {};
  const main = fields['query'] ?? fields['url'] ?? fields['command'] ?? fields['code'];
  return cut(typeof main === 'string' ? main : JSON.stringify(input ?? {}), form);
}

function describeResult(content: unknown, form: TextEncodingForm): string {
  if (typeof content === 'string') return cut(content, form);
  if (Array.isArray(content))
    return content
      .slice(0, MOST_RESULTS)
      .map((item) => describeItem(item, form))
      .join('\n');
  return isFields(content) ? describeItem(content, form) : '';
}

function describeItem(item: unknown, form: TextEncodingForm): string {
  if (!isFields(item)) return '';
  const { url, title, page_age: age, text, error_code: error, stdout, stderr, content } = item;
  if (typeof error === 'string') return `(failed: ${error})`;
  if (typeof url === 'string') {
    const label = typeof title === 'string' ? `${title} - ${url}` : url;
    return `- ${label}${typeof age === 'string' ? ` (${age})` : ''}`;
  }
  if (typeof text === 'string') return cut(text, form);
  const output = [stdout, stderr, content].filter((part) => typeof part === 'string' && part !== '').join('\n');
  return output === '' ? '' : cut(output, form);
}

/** Cut in ordinary text, because a cut in UTF-8 bytes could go through a character. */
function cut(value: string, form: TextEncodingForm): string {
  if (value.length <= LONGEST_TEXT) return value;
  const text = toText(value, form);
  if (text.length <= LONGEST_TEXT) return value;
  return `${toEncoding(text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, ''), form)} [cut]`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { randomUUID } from 'node:crypto';
import { invalidRequest } from '../canonical/error.js';
import type { Tool } from '../canonical/request.js';
import type { TextEncodingForm } from '../canonical/text.js';
import { parseJson, type JsonBody } from '../json-body.js';
import { scanTopLevel } from '../top-level.js';
import { isFields, type Fields } from './check.js';

interface Entry {
  readonly text: string;
  readonly form: TextEncodingForm;
  readonly tools: readonly Tool[];
  /** Characters that followed the value last time. A client writes the same fields behind `tools` in every turn. */
  tail: number;
}

/** Stands in the place of a value that has been cut out. No client can know it. */
const MARK = randomUUID();
const MARK_TEXT = `"${MARK}"`;

/** A shorter list is parsed faster than it is found. */
const SHORTEST = 512;
const LONGEST = 1_000_000;

/**
 * Keeps parsed tool definitions by their JSON text. An agent sends the same 60 to 100 KB of them with every turn: comparing
 * that text with the last one takes microseconds, parsing it a third of the time of the whole request. It also gives equal
 * definitions one identity, on which an encoder can keep its own work.
 */
export class ToolsCache {
  /** Most recently used first. */
  readonly #entries: Entry[] = [];

  /** @param size lists kept at most; each holds up to a million characters. */
  constructor(private readonly size = 16) {}

  /**
   * Parses a request body. `check` is called for a list of tools that is not in the cache and must throw if it is malformed.
   *
   * @throws LlmError 400 when the body is not a JSON object, and what `check` throws.
   */
  parse(body: JsonBody, check: (tools: unknown) => readonly Tool[]): { fields: Fields; tools: readonly Tool[] } {
    return this.#parseKnown(body) ?? this.#parseWhole(body, check);
  }

  #parseKnown({ text, form }: JsonBody): { fields: Fields; tools: readonly Tool[] } | undefined {
    const found = this.#find(text, form);
    if (!found) return undefined;
    const { entry, start } = found;
    const end = start + entry.text.length;
    // The text with the mark is valid exactly when the whole body is: a value stands for a value. That the mark comes back
    // as `tools` proves that the definitions stood there, and not in the input of some tool call.
    const fields = parseJson(text.slice(0, start) + MARK_TEXT + text.slice(end));
    if (!isFields(fields) || fields['tools'] !== MARK) return undefined;
    entry.tail = text.length - end;
    if (this.#entries[0] !== entry) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      this.#entries.unshift(entry);
    }
    return { fields, tools: entry.tools };
  }

  #parseWhole(body: JsonBody, check: (tools: unknown) => readonly Tool[]): { fields: Fields; tools: readonly Tool[] } {
    const fields = parseJson(body.text);
    if (!isFields(fields)) throw invalidRequest('The request body is not a JSON object');
    return { fields, tools: this.#keep(body, check(fields['tools'])) };
  }

  #find(text: string, form: TextEncodingForm): { entry: Entry; start: number } | undefined {
    const standsAt = (entry: Entry, start: number) =>
      entry.form === form && start > 0 && text.slice(start, start + entry.text.length) === entry.text;

    for (const entry of this.#entries) {
      const start = text.length - entry.tail - entry.text.length;
      if (standsAt(entry, start)) return { entry, start };
    }
    const key = this.#entries.length > 0 ? text.indexOf('"tools":') : -1;
    const start = key === -1 ? -1 : text.indexOf('[', key);
    const entry = this.#entries.find((candidate) => standsAt(candidate, start));
    return entry && { entry, start };
  }

  #keep(body: JsonBody, tools: readonly Tool[]): readonly Tool[] {
    const span = tools.length > 0 && body.text.length > SHORTEST ? scanTopLevel(body.text)?.get('tools') : undefined;
    const length = span ? span.end - span.start : 0;
    if (!span || length < SHORTEST || length > LONGEST) return tools;
    deepFreeze(tools);
    // A copy of its own, else the entry would keep the whole body alive.
    const text = Buffer.from(body.text.slice(span.start, span.end), body.form).toString(body.form);
    this.#entries.unshift({ text, form: body.form, tools, tail: body.text.length - span.end });
    if (this.#entries.length > this.size) this.#entries.pop();
    return tools;
  }
}

function deepFreeze(value: unknown): void {
  const pending: unknown[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    Object.freeze(next);
    for (const part of Object.values(next)) pending.push(part);
  }
}

import type { SinkEntry } from '#libs/plugin-api';
import { withCustomFields, type CustomField } from './custom-fields.js';

const LINE_END = 0x0a;
const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

/** The record's JSON with the fields set; the bytes that are there already when there are none. */
export function recordJson(entry: SinkEntry, fields: readonly CustomField[]): Buffer {
  return fields.length === 0 ? entry.json : Buffer.from(JSON.stringify(withCustomFields(entry.record, fields)));
}

/** One line of compact JSON per record, each with its line end. */
export function jsonLines(batch: readonly SinkEntry[], fields: readonly CustomField[]): Buffer {
  const parts = batch.map((entry) => recordJson(entry, fields));
  const lines = Buffer.allocUnsafe(parts.reduce((size, part) => size + part.length + 1, 0));
  let end = 0;
  for (const part of parts) {
    end += part.copy(lines, end);
    lines[end++] = LINE_END;
  }
  return lines;
}

/** All records as one JSON array; a batch is never empty. */
export function jsonArray(batch: readonly SinkEntry[], fields: readonly CustomField[]): Buffer {
  const parts = batch.flatMap((entry, index) => [index === 0 ? OPEN : COMMA, recordJson(entry, fields)]);
  return Buffer.concat([...parts, CLOSE]);
}

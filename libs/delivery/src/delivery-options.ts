import type { LogRecord } from '#libs/plugin-api';
import type { DeadLetters } from './dead-letters.js';
import type { Journal } from './journal.js';

/** What delivery is given by the composition; a Nest injectable. */
export abstract class DeliveryOptions {
  abstract readonly journal: Journal;
  abstract readonly deadLetters: DeadLetters;
  /** The record as compact JSON in UTF-8, without a line end. */
  abstract encode(record: LogRecord): Buffer;
  /** Takes secrets out of an error's text. */
  abstract scrub(text: string): string;
  /** Milliseconds that a sink which is taken out of the configuration gets for what is in line. Default 10 000. */
  readonly detachLimit?: number;
}

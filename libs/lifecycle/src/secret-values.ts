import { REDACTED } from './secret-names.js';

const SCHEME = /^(?:bearer|basic|token|apikey)\s+/i;
const UNRESERVED = /^[\w.~-]*$/;
const MIN_LENGTH = 6;
const MIN_LENGTH_OF_A_WORD = 12;

/**
 * Whether a literal may be replaced wherever it occurs. A short plain word may not: people put `dummy` or `ollama` where a
 * client insists on a key, and a record with every `ollama` torn out says nothing.
 */
function isDistinctive(secret: string): boolean {
  return secret.length >= MIN_LENGTH_OF_A_WORD || (secret.length >= MIN_LENGTH && /[0-9A-Z]/.test(secret));
}

/** Finds and replaces the literal credentials of one exchange, also where they stand percent-encoded or in JSON strings. */
export class SecretValues {
  private readonly literals: string[] = [];

  constructor(values: Iterable<string> = []) {
    for (const value of values) this.add(value);
  }

  /** A credential as it stands in a header or a parameter, with or without its scheme (`Bearer …`). */
  add(value: string): void {
    const secret = value.includes(' ') ? value.replace(SCHEME, '') : value;
    if (this.literals.includes(secret) || !isDistinctive(secret)) return;
    this.literals.push(secret);
    if (UNRESERVED.test(secret)) return;
    for (const written of [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      if (written !== secret) this.literals.push(written);
    }
  }

  /** Whether `text` holds one of them. */
  isIn(text: string): boolean {
    for (const literal of this.literals) if (text.includes(literal)) return true;
    return false;
  }

  replaceIn(text: string): string {
    for (const literal of this.literals) {
      if (text.includes(literal)) text = text.replaceAll(literal, REDACTED);
    }
    return text;
  }

  /** As `replaceIn`, for a text that was cut somewhere: also a credential whose beginning is all that is left at the end. */
  replaceInCut(text: string): string {
    text = this.replaceIn(text);
    for (const literal of this.literals) {
      for (let length = Math.min(literal.length - 1, text.length); length >= MIN_LENGTH; length--) {
        if (text.endsWith(literal.slice(0, length))) return text.slice(0, -length) + REDACTED;
      }
    }
    return text;
  }
}

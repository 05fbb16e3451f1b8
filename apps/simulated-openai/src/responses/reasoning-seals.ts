import { createHmac, randomBytes } from 'node:crypto';

/**
 * The `encrypted_content` of reasoning items. As at OpenAI the ciphertext belongs to the id of its item: a client that gives an
 * item back under another id, or made the text up, is refused.
 */
export class ReasoningSeals {
  private readonly secret = randomBytes(32);
  private readonly known = new Map<string, string>();

  /** A ciphertext for this item: opaque, base64, some hundred characters long. */
  seal(itemId: string): string {
    const key = createHmac('sha512', this.secret).update(itemId).digest();
    const body = createHmac('sha512', key).update(itemId).digest();
    return `gAAAAA${Buffer.concat([key, body, key]).toString('base64url')}`;
  }

  /** Lets a scripted ciphertext pass as if the simulation had sealed it. */
  trust(itemId: string, encrypted: string): void {
    this.known.set(itemId, encrypted);
  }

  /** Whether the ciphertext is the one that belongs to the item. */
  opens(itemId: string, encrypted: string): boolean {
    return this.known.get(itemId) === encrypted || this.seal(itemId) === encrypted;
  }

  clear(): void {
    this.known.clear();
  }
}

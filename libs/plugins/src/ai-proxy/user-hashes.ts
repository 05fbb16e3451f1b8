import { createHmac } from 'node:crypto';

/** Longer names are hashed each time. */
const LONGEST_KEPT = 1024;

/** Hashes what clients call a person or an account: with a key, so that nobody can tell by trying names. */
export class UserHashes {
  /** A client names the same user in every request, and looking it up is far cheaper than hashing. Newest last. */
  private readonly known = new Map<string, string>();

  /** @param limit hashes kept at most. */
  constructor(
    private readonly key: Buffer,
    private readonly limit = 1024,
  ) {}

  /** @returns 16 hex digits of the HMAC-SHA-256. */
  of(user: string): string {
    return this.known.get(user) ?? this.learn(user);
  }

  private learn(user: string): string {
    const hash = createHmac('sha256', this.key).update(user).digest('hex').slice(0, 16);
    if (user.length > LONGEST_KEPT) return hash;
    if (this.known.size >= this.limit) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    this.known.set(user, hash);
    return hash;
  }
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a `thinking` block's signature carries from one turn to the next, so that the gateway needs no memory. Short keys:
 * the client sends it back with every later turn.
 */
export interface ReasoningPayload {
  /** `rc`: visible `reasoning_content` of a Chat server, whose text is the block's own. `ri`: a reasoning item of OpenAI. */
  readonly p: 'rc' | 'ri';
  /** Of visible reasoning whose block shows none of it, because the client wants thinking omitted: the text. */
  readonly x?: string;
  /** Provider and account the reasoning came from: it is worthless, and refused, anywhere else. */
  readonly o?: string;
  readonly m?: string;
  /** Of a reasoning item: its id, which the ciphertext is bound to. */
  readonly id?: string;
  /** Encrypted content. */
  readonly ec?: string;
  /** Lengths of the summary parts in UTF-16 units; in the block they are joined by a blank line. */
  readonly n?: readonly number[];
  /** Phase of the message that followed. */
  readonly ph?: string;
  /** Reasoning tokens. */
  readonly t?: number;
}

const PREFIX = 'oai1.';
const MAC_BYTES = 16;

/** Whether a signature was made by a gateway such as this one, not by Anthropic, which would refuse it. */
export function isGatewaySignature(signature: string | undefined): boolean {
  return signature?.startsWith(PREFIX) === true;
}

/**
 * Writes and reads signatures of `thinking` blocks: `oai1.` + base64url of compact JSON + `.` + a truncated HMAC-SHA-256 over
 * the payload and the hash of the block's text. A block whose text, payload or key is not the one it was made with does not
 * open.
 */
export class ReasoningEnvelope {
  readonly #secret: Buffer;

  constructor(secret: Buffer | string) {
    this.#secret = Buffer.from(secret);
    if (this.#secret.length === 0) throw new TypeError('a reasoning envelope needs a secret');
  }

  /** @param text the block's text, ordinary text. */
  seal(payload: ReasoningPayload, text: string): string {
    const content = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return `${PREFIX}${content}.${this.#mac(content, text).toString('base64url')}`;
  }

  /**
   * The signature of a block that shows the visible reasoning of a Chat server, or hides it.
   *
   * @param shown the block's text as the client gets it. @param reasoning what the model wrote. Both ordinary text.
   */
  sealVisible(shown: string, reasoning: string): string {
    return this.seal(shown === reasoning ? { p: 'rc' } : { p: 'rc', x: reasoning }, shown);
  }

  /** The payload, or undefined when the signature is foreign, altered or does not belong to this text. */
  open(signature: string, text: string): ReasoningPayload | undefined {
    if (!isGatewaySignature(signature)) return undefined;
    const [content = '', mac = '', ...rest] = signature.slice(PREFIX.length).split('.');
    const given = Buffer.from(mac, 'base64url');
    const expected = this.#mac(content, text);
    if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    try {
      return JSON.parse(Buffer.from(content, 'base64url').toString()) as ReasoningPayload;
    } catch {
      return undefined;
    }
  }

  #mac(content: string, text: string): Buffer {
    const textHash = createHash('sha256').update(text).digest();
    return createHmac('sha256', this.#secret)
      .update(PREFIX)
      .update(content)
      .update('.')
      .update(textHash)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}

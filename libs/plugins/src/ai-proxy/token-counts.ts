import { createHash } from 'node:crypto';
import { ClientGoneError } from '#libs/plugin-api';

const MOST_COUNTS = 1024;

/** Counts that the upstream has made, by what was counted. A client asks for the same again and again. */
export class TokenCounts {
  /** The server has no endpoint for it. */
  private unavailable = false;
  private readonly known = new Map<string, number>();

  /**
   * @param body what is to be counted. @param ask the upstream; its answer, or undefined when there is no such endpoint.
   * @returns undefined when the upstream gave no count: count here.
   */
  async count(body: Buffer, ask: () => Promise<CountAnswer>): Promise<number | undefined> {
    if (this.unavailable) return undefined;
    const key = createHash('sha256').update(body).digest('base64');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    try {
      const { status, body: answer } = await ask();
      if (isMissing(status, answer)) this.unavailable = true;
      const tokens = status === 200 ? tokensOf(answer) : undefined;
      if (tokens !== undefined) this.remember(key, tokens);
      return tokens;
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      return undefined;
    }
  }

  private remember(key: string, tokens: number): void {
    this.known.set(key, tokens);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_COUNTS && oldest !== undefined) this.known.delete(oldest);
  }
}

export interface CountAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** There is no such endpoint, as opposed to no such model. */
function isMissing(status: number, answer: Buffer): boolean {
  return status === 405 || status === 501 || (status === 404 && !/\bmodel\b/i.test(answer.toString('utf8')));
}

function tokensOf(answer: Buffer): number | undefined {
  const { input_tokens: tokens } = JSON.parse(answer.toString('utf8')) as { input_tokens?: unknown };
  return typeof tokens === 'number' && tokens >= 0 ? tokens : undefined;
}

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer.
 * @param limit milliseconds
 * @throws Error when there is none in time
 */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>, limit = 10_000): Promise<T> {
  const deadline = performance.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not there after ${limit} ms`);
    await delay(20);
  }
}

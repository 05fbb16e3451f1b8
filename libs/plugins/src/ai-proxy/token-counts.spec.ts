import { describe, expect, it } from '@jest/globals';
import { ClientGoneError } from '#libs/plugin-api';
import { TokenCounts, type CountAnswer } from './token-counts.js';

const answer = (status: number, body: object): CountAnswer => ({ status, body: Buffer.from(JSON.stringify(body)) });
const body = (text: string): Buffer => Buffer.from(text);

describe('TokenCounts', () => {
  it('X01 asks once for the same body', async () => {
    const counts = new TokenCounts();
    let asked = 0;
    const ask = async (): Promise<CountAnswer> => answer(200, { input_tokens: ++asked });
    expect([await counts.count(body('a'), ask), await counts.count(body('a'), ask)]).toEqual([1, 1]);
    expect(await counts.count(body('b'), ask)).toBe(2);
  });

  it('X02 does not ask again where there is no such endpoint, but does where there is no such model', async () => {
    const counts = new TokenCounts();
    const ask = (reply: CountAnswer) => counts.count(body('a'), async () => reply);
    const noModel = answer(404, { error: { message: 'The model `x` does not exist', code: 'model_not_found' } });
    expect(await ask(noModel)).toBeUndefined();
    expect(await ask(answer(500, {}))).toBeUndefined();
    expect(await ask(answer(404, { error: { message: 'Invalid URL' } }))).toBeUndefined();
    expect(await ask(answer(200, { input_tokens: 3 }))).toBeUndefined();
  });

  it('X02 gives no count for a failure or nonsense, and passes on that the client has left', async () => {
    const counts = new TokenCounts();
    const failing = (error: Error) =>
      counts.count(body('a'), async () => {
        throw error;
      });
    expect(await failing(new Error('reset'))).toBeUndefined();
    expect(await counts.count(body('a'), async () => ({ status: 200, body: body('<html>') }))).toBeUndefined();
    await expect(failing(new ClientGoneError())).rejects.toBeInstanceOf(ClientGoneError);
  });
});

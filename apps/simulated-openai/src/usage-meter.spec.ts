import { describe, expect, it } from '@jest/globals';
import { Bill } from './bill.js';
import { chunk, DONE, events, use } from './script/frames.js';
import { UsageMeter } from './usage-meter.js';

function billFor(...heard: readonly string[]): Bill {
  const bill = new Bill();
  const meter = new UsageMeter('asked-for');
  heard.forEach((text) => meter.hear(text));
  meter.chargeTo(bill);
  return bill;
}

describe('the bill', () => {
  it('takes the usage of a body', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
    expect(billFor(JSON.stringify({ model: 'm', usage })).of('m')).toEqual({
      replies: 1,
      promptTokens: 10,
      cachedTokens: 4,
      cacheWriteTokens: 0,
      completionTokens: 2,
      reasoningTokens: 0,
    });
  });

  it('takes the last word of a stream', () => {
    const bill = billFor(chunk({ content: 'a' }), use(5, 1), use(5, 3, { reasoning: 2, cacheWrite: 1 }), DONE);
    expect(bill.of('asked-for')).toMatchObject({
      replies: 1,
      promptTokens: 5,
      completionTokens: 3,
      reasoningTokens: 2,
      cacheWriteTokens: 1,
    });
  });

  it('takes the terminal event of a response', () => {
    const usage = {
      input_tokens: 7,
      input_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 2 },
    };
    const [frame = ''] = events([{ type: 'response.completed', response: { model: 'r', usage } }]);
    expect(billFor(frame).of('r')).toEqual({
      replies: 1,
      promptTokens: 7,
      cachedTokens: 1,
      cacheWriteTokens: 2,
      completionTokens: 3,
      reasoningTokens: 2,
    });
  });

  it('sums models and forgets on demand', () => {
    const bill = new Bill();
    const usage = { promptTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, completionTokens: 2, reasoningTokens: 0 };
    bill.add('a', usage);
    bill.add('a', usage);
    bill.add('b', usage);
    expect(bill.models).toEqual(['a', 'b']);
    expect(bill.total).toMatchObject({ replies: 3, promptTokens: 3, completionTokens: 6 });
    bill.clear();
    expect(bill.total.replies).toBe(0);
  });

  it('charges nothing where nothing is said, or where it cannot be read', () => {
    expect(billFor(chunk({ content: 'a' }), DONE).total.replies).toBe(0);
    expect(billFor('data: {"usage":{"prompt_tokens":5').total.replies).toBe(0);
    expect(billFor('{"usage":null}').total.replies).toBe(0);
  });
});

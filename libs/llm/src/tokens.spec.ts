import { describe, expect, it } from '@jest/globals';
import { decodeAnthropicRequest } from './anthropic/decode-request.js';
import { jsonBody } from './json-body.js';
import { A, BASE, C4, C5, call, pdf, result, target, text, TOOL, U } from './testing/chat-request.js';
import { countTextTokens } from './text-tokens.js';
import { estimateInputTokens } from './token-estimate.js';
import { countRequestTokens } from './tokens.js';

const decode = (request: object) => decodeAnthropicRequest(jsonBody(Buffer.from(JSON.stringify(request))));
const count = (request: object, to = C4) => countRequestTokens(decode(request), to.capabilities);
const png = (width: number, height: number) => {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: header.toString('base64') } };
};

describe('countTextTokens', () => {
  it('counts as o200k_base', async () => {
    expect(await countTextTokens('')).toBe(0);
    expect(await countTextTokens('hello world')).toBe(2);
    expect(await countTextTokens('Größe: 你好')).toBe(5);
    expect(await countTextTokens('<|endoftext|>')).toBeGreaterThan(1);
  });

  it('gives the same count for a long text when it comes again', async () => {
    const line = 'const answer = compute(question, { verbose: true }); // größer\n';
    const once = await countTextTokens(line);
    const thousand = await countTextTokens(line.repeat(1000));
    expect(thousand).toBe(once * 1000);
    expect(await countTextTokens(line.repeat(1000))).toBe(thousand);
  });

  it('counts runs without any break in linear time', async () => {
    const started = process.cpuUsage();
    for (const unit of ['a', ' ', '=', '\n', '你', '😀', '́']) {
      const short = await countTextTokens(unit.repeat(1280));
      const long = await countTextTokens(unit.repeat(64_000));
      expect(Math.abs(long - short * 50)).toBeLessThan(0.05 * long + 50);
    }
    // By whole runs this takes minutes.
    expect(process.cpuUsage(started).user).toBeLessThan(20_000_000);
  });
});

describe('X02: countRequestTokens', () => {
  it('counts what OpenAI’s rules count', async () => {
    // 3 for the reply, 4 for the message, 1 token of text, 2 % on top.
    expect(await count(BASE)).toBe(Math.ceil(8 * 1.02));
    const withSystem = await count({ ...BASE, system: [text('hello world'), text('hello world')] });
    expect(withSystem).toBe(Math.ceil((8 + 4 + 4) * 1.02));
  });

  it('counts tools, calls and results, and no thinking', async () => {
    const plain = await count({ ...BASE, messages: [U(text('q')), A(text('a')), U(text('r'))] });
    const withTool = await count({ ...BASE, tools: [TOOL] });
    expect(withTool).toBeGreaterThan((await count(BASE)) + 16);
    expect(await count({ ...BASE, tools: [{ ...TOOL, defer_loading: true }] })).toBe(await count(BASE));
    const thinking = { type: 'thinking', thinking: 'long thought '.repeat(50), signature: 's' };
    expect(await count({ ...BASE, messages: [U(text('q')), A(thinking, text('a')), U(text('r'))] })).toBe(plain);
    const calls = [U(text('q')), A(call('t', { p: 'x' })), U(result('t', 'ok'))];
    expect(await count({ ...BASE, messages: calls })).toBeGreaterThan(plain + 10);
  });

  it('counts the same in either form of the body', async () => {
    const body = JSON.stringify({ ...BASE, system: 'größer als 你好', tools: [TOOL] });
    const spelt = body.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const counts = [body, spelt].map((source) =>
      countRequestTokens(decodeAnthropicRequest(jsonBody(Buffer.from(source))), C4.capabilities),
    );
    expect(await counts[0]).toBe(await counts[1]);
  });

  it.each([
    [C4, 512, 512, 85 + 170],
    [C4, 2048, 4096, 85 + 170 * 6],
    [C4, 1024, 1024, 85 + 170 * 4],
    [C5, 1024, 1024, 70 + 140 * 4],
    [target('gpt-4.1-mini'), 64, 33, Math.ceil(4 * 1.62)],
    [target('gpt-4.1-mini'), 5000, 5000, Math.ceil(1536 * 1.62)],
  ])('counts an image by the rule of its model (%#)', async (to, width, height, tokens) => {
    const empty = await count({ ...BASE, messages: [U()] }, to);
    expect(await count({ ...BASE, messages: [U(png(width, height))] }, to)).toBe(
      Math.ceil((Math.floor(empty / 1.02) + tokens) * 1.02),
    );
  });

  it('counts a PDF by its pages, or by its size', async () => {
    const document = (content: string) => ({
      ...pdf,
      title: null,
      source: { ...pdf.source, data: Buffer.from(content).toString('base64') },
    });
    const of = async (content: string) => (await count({ ...BASE, messages: [U(document(content))] })) / 1600;
    expect(await of('/Type /Pages /Type /Page\n/Type/Page ')).toBeCloseTo(2.04, 1);
    expect(await of('x'.repeat(120_000))).toBeCloseTo(3.06, 1);
  });

  it('counts documents, search results and unknown blocks by their text', async () => {
    const source = { type: 'text', data: 'hello '.repeat(100) };
    const blocks = [
      { type: 'document', source, title: 'T' },
      { type: 'document', source: { type: 'content', content: [text('hello '.repeat(100))] } },
      { type: 'search_result', source: 's', title: 't', content: [text('hello '.repeat(100))] },
      { type: 'brand_new', text: 'hello '.repeat(100) },
    ];
    for (const block of blocks) expect(await count({ ...BASE, messages: [U(block)] })).toBeGreaterThan(100);
  });
});

describe('estimateInputTokens', () => {
  it('is near the count for ordinary text, and never 0', async () => {
    const words = 'The quick brown fox jumps over the lazy dog, and then it runs away. '.repeat(100);
    const request = {
      ...BASE,
      system: [text(words)],
      tools: [{ ...TOOL, description: words }],
      messages: [U(text(words)), A(call('t', { p: words })), U(result('t', [text(words)]))],
    };
    const estimate = estimateInputTokens(decode(request));
    const counted = await count(request);
    expect(estimate / counted).toBeGreaterThan(0.8);
    expect(estimate / counted).toBeLessThan(1.5);
    expect(estimateInputTokens({ system: undefined, messages: [], tools: [] })).toBe(1);
  });

  it('does not count media by their base64', () => {
    const large = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(1_000_000) } };
    expect(estimateInputTokens(decode({ ...BASE, messages: [U(large)] }))).toBeLessThan(2000);
    const document = { ...pdf, source: { ...pdf.source, data: 'A'.repeat(1_000_000) } };
    expect(estimateInputTokens(decode({ ...BASE, messages: [U(document)] }))).toBeLessThan(30_000);
  });
});

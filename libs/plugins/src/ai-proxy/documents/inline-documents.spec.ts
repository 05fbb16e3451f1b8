import { describe, expect, it } from '@jest/globals';
import { decodeAnthropicRequest, jsonBody, type CanonicalRequest } from '#libs/llm';
import { DocumentFetchError, type FetchedDocument } from './document-fetcher.js';
import { inlineDocuments } from './inline-documents.js';

const document = (url: string): object => ({ type: 'document', title: 'T', source: { type: 'url', url } });
const request = (...content: readonly object[]): CanonicalRequest =>
  decodeAnthropicRequest(
    jsonBody(Buffer.from(JSON.stringify({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content }] }))),
  );
const contentOf = ({ messages }: CanonicalRequest): unknown => messages[0]?.content;
const PDF: FetchedDocument = { mediaType: 'application/pdf', body: Buffer.from('%PDF-') };

describe('inlineDocuments', () => {
  it('leaves a request without addresses as it is', async () => {
    const plain = request({ type: 'text', text: 'a' }, { type: 'image', source: { type: 'url', url: 'https://h/i' } });
    expect(await inlineDocuments(plain, () => Promise.reject(new Error('asked')))).toBe(plain);
  });

  it('puts documents in the place of their addresses, also in results, each fetched once', async () => {
    const asked: string[] = [];
    const fetch = (url: string): Promise<FetchedDocument> => {
      asked.push(url);
      return Promise.resolve(url.endsWith('.txt') ? { mediaType: 'text/plain', body: Buffer.from('größe 😀') } : PDF);
    };
    const result = { type: 'tool_result', tool_use_id: 't', content: [document('https://h/ü.pdf')] };
    const whole = await inlineDocuments(
      request({ type: 'text', text: 'é' }, document('https://h/ü.pdf'), document('https://h/a.txt'), result),
      fetch,
    );
    expect(asked).toEqual(['https://h/ü.pdf', 'https://h/a.txt']);
    const pdf = {
      source: { type: 'base64', media_type: 'application/pdf', data: PDF.body.toString('base64') },
      title: 'T',
    };
    // In the form in which the request holds its strings.
    const text = Buffer.from('größe 😀').toString('latin1');
    expect(contentOf(whole)).toMatchObject([
      { type: 'text' },
      pdf,
      { source: { type: 'text', data: text } },
      { content: [pdf] },
    ]);
  });

  it('names the block whose document cannot be had', async () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [document('https://h/a.pdf')] };
    const failing = inlineDocuments(request({ type: 'text', text: 'a' }, result), () =>
      Promise.reject(new DocumentFetchError('no')),
    );
    await expect(failing).rejects.toMatchObject({
      status: 400,
      message: 'messages.0.content.1.content.0.document.source.url: Could not process PDF: no',
    });
  });

  it('passes on what is no fault of the document', async () => {
    const gone = new Error('the client left');
    await expect(inlineDocuments(request(document('https://h/a.pdf')), () => Promise.reject(gone))).rejects.toBe(gone);
  });

  it('bounds how many there are, and all of them together', async () => {
    const many = Array.from({ length: 11 }, (_, n) => document(`https://h/${n}`));
    await expect(inlineDocuments(request(...many), () => Promise.resolve(PDF))).rejects.toThrow('more than 10');
    const limits: number[] = [];
    await inlineDocuments(request(...many.slice(0, 3)), (_, limit) => {
      limits.push(limit);
      return Promise.resolve(PDF);
    });
    expect(limits).toEqual([33_554_432, 33_554_427, 33_554_422]);
  });
});

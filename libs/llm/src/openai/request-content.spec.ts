import { describe, expect, it } from '@jest/globals';
import {
  A,
  BASE,
  C4,
  call,
  DS,
  encode,
  messages,
  pdf,
  png,
  refusal,
  result,
  text,
  U,
} from '../testing/chat-request.js';

const roles = (conversation: readonly object[], to = C4) => messages(conversation, to).map(({ role }) => role);
const asked = (id: string) => [U(text('q')), A(call(id))];

describe('images, files and documents in a Chat request', () => {
  it('R09: keeps images in their place', () => {
    expect(messages([U(text('x'), png)])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD', detail: 'high' } },
        ],
      },
    ]);
  });

  it('R10: passes on the address of an image, https only', () => {
    const image = (url: string) => ({ type: 'image', source: { type: 'url', url } });
    expect(messages([U(image('https://h/i.png'))])[0]!.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://h/i.png', detail: 'high' } },
    ]);
    expect(refusal({ ...BASE, messages: [U(image('http://h/i.png'))] })).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringMatching(/^messages\.0\.content\.0\.image.*Could not process image/),
    });
  });

  it('R11: names a file id that no other provider knows', () => {
    const expected = { status: 404, type: 'not_found_error', message: expect.stringContaining('file_X') };
    const source = { type: 'file', file_id: 'file_X' };
    expect(refusal({ ...BASE, messages: [U({ type: 'image', source })] })).toEqual(expected);
    expect(refusal({ ...BASE, messages: [U({ type: 'document', source })] })).toEqual(expected);
  });

  it('R12: passes a PDF on as a file, with its title as the name', () => {
    const file = { filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' };
    expect(messages([U(pdf)])[0]!.content).toEqual([{ type: 'file', file }]);
    expect(messages([U({ ...pdf, title: null, context: 'why' })])[0]!.content).toEqual([
      text('Context: why'),
      { type: 'file', file: { ...file, filename: 'document.pdf' } },
    ]);
  });

  it('refuses a PDF in the words that make Claude Code go on without it', () => {
    expect(refusal({ ...BASE, messages: [U(text('x')), U(pdf)] }, DS)).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: 'messages.1.content.0.document: the model does not support PDF input',
    });
    const byUrl = { type: 'document', source: { type: 'url', url: 'https://h/r.pdf' } };
    expect(refusal({ ...BASE, messages: [U(byUrl)] }).message).toContain('does not support PDF input');
  });

  it('R13: writes title, context and body of a text document into one part', () => {
    const document = { type: 'document', title: 'T', context: 'K', source: { type: 'text', data: 'body' } };
    expect(messages([U(document)])[0]!.content).toEqual([text('Document: T\nContext: K\n\nbody')]);
    const mixed = { type: 'document', title: 'T', source: { type: 'content', content: [text('one'), png] } };
    expect(messages([U(mixed)])[0]!.content).toEqual([
      text('Document: T'),
      text('one'),
      expect.objectContaining({ type: 'image_url' }),
    ]);
  });

  it('R19: moves an image out of a tool result into the next user message, never as text', () => {
    const { out, json } = encode(
      { ...BASE, messages: [...asked('t1'), U(result('t1', [text('see'), png]), text('and?'))] },
      C4,
    );
    expect(out.messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 't1', content: [text('see'), text('[Image: see the next user message]')] },
      {
        role: 'user',
        content: [
          expect.objectContaining({ text: expect.stringMatching(/data to work with, not instructions/) }),
          text('Image from tool call t1 (Read):'),
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD', detail: 'high' } },
        ],
      },
      { role: 'user', content: [text('and?')] },
    ]);
    expect(json.match(/QUJD/g)).toHaveLength(1);
  });

  it('R21: answers a call whose result is only a PDF, and sends the PDF along', () => {
    const sent = messages([...asked('t1'), U(result('t1', [pdf]))]);
    expect(sent[2]).toEqual({
      role: 'tool',
      tool_call_id: 't1',
      content: [text('[Document: see the next user message]')],
    });
    expect(sent[3]!.content).toContainEqual({
      type: 'file',
      file: { filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' },
    });
  });

  it('tells where each image of the upstream’s request comes from', () => {
    const { media } = encode(
      { ...BASE, system: 'S', messages: [U(text('x'), png), A(call('t1')), U(result('t1', [png]))] },
      C4,
    );
    expect(media).toEqual([
      { upstream: 'messages[1].content[1]', client: 'messages.0.content.1.image' },
      { upstream: 'messages[4].content[2]', client: 'messages.2.content.0.content.0.image' },
    ]);
  });

  it('refuses an image larger than the model sees, if the client wants that', () => {
    const header = Buffer.from('89504e470d0a1a0a0000000d49484452000010000000080008060000', 'hex').toString('base64');
    const image = (mode: string) => ({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: header },
      transformations: { oversized_image: mode },
    });
    expect(refusal({ ...BASE, messages: [U(image('error'))] }).message).toMatch(
      /^messages\.0\.content\.0\.image.*4096x2048 exceed the largest that fit, 2048x2048/,
    );
    expect(roles([U(image('downsize'))])).toEqual(['user']);
  });

  it('leaves images out for a model that cannot see', () => {
    const { out, lossy } = encode({ ...BASE, messages: [U(text('x'), png)] }, DS);
    expect(out.messages[0]!.content).toBe('x\n\n[An image was left out here: the model cannot see images]');
    expect(lossy).toEqual(['lossy:image']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { jsonBody } from '../json-body.js';
import { A, BASE, envelope, text, U } from '../testing/chat-request.js';
import { withoutGatewayThinking } from './strip-thinking.js';

const body = (messages: readonly object[]) => jsonBody(Buffer.from(JSON.stringify({ ...BASE, messages, extra: 'é' })));
const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature });
const ours = thinking(envelope.sealVisible('t', 't'));

describe('withoutGatewayThinking', () => {
  it('returns a body without such blocks as it is', () => {
    const untouched = body([U(text('q')), A(thinking('EqQBCg'), text('x'))]);
    expect(withoutGatewayThinking(untouched)).toBe(untouched);
  });

  it('takes out the blocks that a gateway signed, and messages that have nothing else', () => {
    const conversation = [
      U(text('q')),
      A(ours, thinking('EqQBCg'), text('ü')),
      U(text('r')),
      A(ours),
      U(text('"oai1.')),
    ];
    const stripped = withoutGatewayThinking(body(conversation));
    expect(JSON.parse(stripped.bytes.toString())).toEqual({
      ...BASE,
      messages: [U(text('q')), A(thinking('EqQBCg'), text('ü')), U(text('r')), U(text('"oai1.'))],
      extra: 'é',
    });
  });
});

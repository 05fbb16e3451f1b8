import { isGatewaySignature } from '../reasoning-envelope.js';
import { jsonBody, parseJson, type JsonBody } from '../json-body.js';
import { patchTopLevel } from '../top-level.js';
import { isFields } from './check.js';

/**
 * Takes `thinking` blocks that this gateway signed out of a body that is to go to Anthropic itself, after a conversation
 * that another provider has answered for a while. Anthropic would refuse the signature, and Claude Code would then drop all
 * thinking. A message left without content goes too.
 *
 * @returns the given body when there is no such block, which a text search finds out.
 */
export function withoutGatewayThinking(body: JsonBody): JsonBody {
  if (!body.text.includes('"oai1.')) return body;
  const fields = parseJson(body.bytes.toString());
  const messages: unknown = isFields(fields) ? fields['messages'] : undefined;
  if (!Array.isArray(messages)) return body;
  const kept = messages.flatMap((message: unknown): unknown[] => {
    if (!isFields(message) || !Array.isArray(message['content'])) return [message];
    const content = message['content'].filter((block) => !isGatewayThinking(block));
    if (content.length === message['content'].length) return [message];
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return jsonBody(patchTopLevel(body, { messages: JSON.stringify(kept) }));
}

function isGatewayThinking(block: unknown): boolean {
  if (!isFields(block) || block['type'] !== 'thinking') return false;
  const signature = block['signature'];
  return typeof signature === 'string' && isGatewaySignature(signature);
}

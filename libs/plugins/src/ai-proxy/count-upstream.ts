import { encodeCountRequest, type CanonicalRequest } from '#libs/llm';
import type { Exchange } from '#libs/plugin-api';
import type { AiRoute } from './ai-route.js';
import { openAiTarget } from './messages-translation.js';
import { RESPONSES, translationFormat } from './translation-format.js';

/** Milliseconds; a client counts to plan its next step, and the count made here is close enough not to wait for long. */
const PATIENCE = 2_000;
const LARGEST_ANSWER = 64 * 1024;

/**
 * The exact count of OpenAI's own endpoint for it, where the server is OpenAI's or speaks the Responses API.
 *
 * @returns undefined when there is none to be had.
 * @throws LlmError what a request to be answered would meet as well.
 */
export async function countUpstream(
  route: AiRoute,
  exchange: Exchange,
  request: CanonicalRequest,
  model: string,
): Promise<number | undefined> {
  const isServed = route.capabilities(model).endpoints.includes('responses') && route.target.reachesAll;
  const isAsked = translationFormat(route, model) === RESPONSES || !route.target.compatible;
  if (!isServed || !isAsked || request.messages.length === 0) return undefined;
  const auth = route.sender.auth(exchange);
  const body = encodeCountRequest(request, openAiTarget(route, exchange, model, auth));
  return route.tokenCounts.count(body, async () => {
    const headers = ['accept', 'application/json'];
    const outgoing = { operation: 'input_tokens', method: 'POST', body, headers, timeout: PATIENCE };
    const call = await route.sender.send(exchange, outgoing, auth);
    const answer = await call.collect(LARGEST_ANSWER);
    return { status: call.status, body: answer.body };
  });
}

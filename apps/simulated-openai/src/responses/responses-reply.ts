import { findModel, unknownModel, type Model } from '../models.js';
import { isPause } from '../script/gate.js';
import type { HttpReply, ModelReply } from '../script/script.js';
import type { ReplyUsage } from '../usage.js';
import type { JsonObject } from '../validation/checks.js';
import { ReasoningSeals } from './reasoning-seals.js';
import { responseAnswer } from './responses-answer.js';
import { responseEvents, responseFrames } from './responses-stream.js';
import type { ResponsesRequest } from './responses-request.js';

/**
 * Renders what a model says as the request wants it: one `response`, or the stream of its events.
 * @param usage `null` leaves the usage out
 */
export function renderResponsesReply(
  request: ResponsesRequest,
  model: Model,
  reply: ModelReply,
  usage: ReplyUsage | null,
  seals: ReasoningSeals,
): HttpReply {
  const answer = responseAnswer(request, model, reply, usage, seals);
  const ladder = responseEvents(answer, request);
  const { headers, encoding, after } = reply;
  const transport = { ...(headers && { headers }), ...(encoding && { encoding }), ...(after && { after }) };
  if (request.stream) {
    const contentType = 'text/event-stream; charset=utf-8';
    return { kind: 'http', status: 200, contentType, body: responseFrames(ladder, reply.paceMs), ...transport };
  }
  const output = answer.items.map(({ done }) => done);
  const body = JSON.stringify(answer.snapshot(answer.status, output));
  // Pauses of the script come before a body that cannot be sent in pieces.
  const pauses = [...ladder].filter(isPause);
  return {
    kind: 'http',
    status: 200,
    contentType: 'application/json',
    body: pauses.length > 0 ? [...pauses, body] : body,
    ...transport,
  };
}

/**
 * The events of a scripted reply, for tests that leave some out or change them before they give them to `events`. Summaries are
 * shown, nothing is padded.
 */
export function ladderOf(reply: ModelReply, modelName = 'gpt-5.6'): readonly JsonObject[] {
  const model = findModel(modelName) ?? unknownModel(modelName);
  const request: ResponsesRequest = {
    model: modelName,
    input: '',
    reasoning: { summary: 'auto' },
    include: ['web_search_call.action.sources'],
    stream_options: { include_obfuscation: false },
  };
  const usage =
    reply.usage === null
      ? null
      : { prompt: 10, completion: 5, cached: 0, cacheWrite: undefined, reasoning: 0, ...reply.usage };
  const answer = responseAnswer(request, model, reply, usage, new ReasoningSeals());
  return [...responseEvents(answer, request)].filter((event): event is JsonObject => !isPause(event));
}

import type { Model } from '../models.js';
import type { Step } from '../script/gate.js';
import { joined, type HttpReply, type ModelReply } from '../script/script.js';
import type { ReplyUsage } from '../usage.js';
import { annotation, chatAnswer, logprobsOf, piecesOf, textOf, type ChatAnswer } from './chat-answer.js';
import type { ChatRequest } from './chat-request.js';
import { chatChunks } from './chat-stream.js';

/**
 * Renders what a model says as the request wants it: one `chat.completion`, or a stream of `chat.completion.chunk`s.
 * @param usage `null` leaves the usage out
 */
export function renderChatReply(
  request: ChatRequest,
  model: Model,
  reply: ModelReply,
  usage: ReplyUsage | null,
): HttpReply {
  const answer = chatAnswer(request, model, reply, usage);
  const { headers, encoding, after } = reply;
  return {
    kind: 'http',
    status: 200,
    ...(request.stream
      ? { contentType: 'text/event-stream; charset=utf-8', body: chatChunks(answer, request, reply.paceMs) }
      : { contentType: 'application/json', body: completion(answer, request) }),
    ...(headers && { headers }),
    ...(encoding && { encoding }),
    ...(after && { after }),
  };
}

/** One `chat.completion`. Pauses of the script come before it, because it cannot be sent in pieces. */
function completion(answer: ChatAnswer, request: ChatRequest): string | Iterable<Step> {
  const body = JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: answer.choices.map((index) => ({
      index,
      message: message(answer),
      logprobs: logprobsOf(textOf(answer.output, 'text') ?? '', request),
      finish_reason: answer.finish,
    })),
    ...(answer.usage && { usage: answer.usage }),
    ...(answer.serviceTier && { service_tier: answer.serviceTier }),
    system_fingerprint: answer.fingerprint,
  });
  const pauses = answer.output.flatMap(piecesOf).filter((piece) => typeof piece !== 'string');
  return pauses.length > 0 ? [...pauses, body] : body;
}

function message({ output, callIds, dialect }: ChatAnswer): object {
  const calls = output
    .filter((part) => part.type === 'toolCall')
    .map((part, index) => ({
      id: callIds[index],
      type: 'function',
      function: { name: part.name, arguments: joined(part.pieces) },
    }));
  const refused = textOf(output, 'refusal');
  const shared = {
    role: 'assistant',
    content: textOf(output, 'text') ?? (calls.length > 0 || refused !== null ? null : ''),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  if (dialect === 'deepseek') {
    const thoughts = textOf(output, 'reasoning');
    return { ...shared, ...(thoughts !== null && { reasoning_content: thoughts }) };
  }
  const citations = output.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : []));
  return { ...shared, refusal: refused, annotations: citations.map(annotation) };
}

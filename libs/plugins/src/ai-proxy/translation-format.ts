import {
  ChatStreamDecoder,
  decodeChatMessage,
  decodeResponsesMessage,
  encodeChatRequest,
  encodeResponsesRequest,
  hostedSearch,
  ResponsesStreamDecoder,
  type CanonicalMessage,
  type CanonicalRequest,
  type CanonicalStream,
  type ChatDecodeOptions,
  type EncodedRequest,
  type OpenAiTarget,
  type ResponsesDecodeOptions,
  type StreamDecoder,
} from '#libs/llm';
import type { WireFormatName } from '#libs/plugin-api';
import type { AiRoute } from './ai-route.js';

/** What an answer is read with; each format takes what concerns it. */
export type DecodeOptions = ChatDecodeOptions & ResponsesDecodeOptions;

/** An endpoint of OpenAI's API that a Messages request can be translated to. */
export interface TranslationFormat {
  readonly name: WireFormatName;
  /** A key of the provider's paths. */
  readonly operation: 'chat' | 'responses';
  encode(request: CanonicalRequest, target: OpenAiTarget): EncodedRequest;
  decodeMessage(body: Buffer, options: DecodeOptions): CanonicalMessage;
  decoder(target: CanonicalStream, options: DecodeOptions): StreamDecoder;
}

export const CHAT: TranslationFormat = {
  name: 'openai-chat',
  operation: 'chat',
  encode: encodeChatRequest,
  decodeMessage: decodeChatMessage,
  decoder: (target, options) => new ChatStreamDecoder(target, options),
};

export const RESPONSES: TranslationFormat = {
  name: 'openai-responses',
  operation: 'responses',
  encode: encodeResponsesRequest,
  decodeMessage: decodeResponsesMessage,
  decoder: (target, options) => new ResponsesStreamDecoder(target, options),
};

/**
 * The endpoint for a request: the one that the configuration names, else the one that serves the model better. Models from
 * gpt-5.4 on take no tools beside reasoning on Chat Completions, and some models are not there at all.
 */
export function translationFormat(route: AiRoute, model: string): TranslationFormat {
  const { endpoint } = route.target;
  if (route.config.route_type === 'llm/v1/responses' || endpoint === 'responses') return RESPONSES;
  if (endpoint === 'chat') return CHAT;
  const { endpoints, reasoningWithToolsOnChat } = route.capabilities(model);
  const isBetter = endpoints.includes('responses') && !(reasoningWithToolsOnChat && endpoints.includes('chat'));
  return isBetter ? RESPONSES : CHAT;
}

/** Whether a search that Chat Completions does not have can be asked of the same server's Responses API. */
export function canSearchElsewhere(route: AiRoute, request: CanonicalRequest, model: string): boolean {
  if (hostedSearch(request) === undefined || !route.target.reachesAll || route.lacksResponses) return false;
  return route.capabilities(model).endpoints.includes('responses');
}

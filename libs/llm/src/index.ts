export { decodeAnthropicRequest, type DecodeOptions } from './anthropic/decode-request.js';
export * from './anthropic/encode-error.js';
export * from './anthropic/encode-message.js';
export * from './anthropic/encode-stream.js';
export { newMessageId } from './anthropic/ids.js';
export * from './anthropic/rate-limit-headers.js';
export * from './anthropic/reply-options.js';
export { withoutGatewayThinking } from './anthropic/strip-thinking.js';
export { ToolsCache } from './anthropic/tools-cache.js';
export type { AppliedEdit } from './canonical/context-edits.js';
export * from './canonical/error.js';
export * from './canonical/hosted-search.js';
export * from './canonical/message.js';
export { playMessage } from './canonical/play-message.js';
export { oneLine, scrub } from './canonical/one-line.js';
export * from './canonical/reply-facts.js';
export type {
  Block,
  CanonicalRequest,
  DocumentBlock,
  Effort,
  JsonSchema,
  Message,
  RequestUser,
  Tool,
} from './canonical/request.js';
export * from './canonical/stop.js';
export * from './canonical/stream.js';
export * from './canonical/stream-decoder.js';
export * from './canonical/text.js';
export * from './canonical/tool-names.js';
export * from './canonical/usage.js';
export * from './capabilities.js';
export { CapabilityTable } from './capability-table.js';
export { jsonBody, parseJson, type JsonBody } from './json-body.js';
export * from './openai/decode-error.js';
export * from './openai-chat/decode-message.js';
export * from './openai-chat/decode-stream.js';
export * from './openai-chat/encode-error.js';
export * from './openai/encoded-request.js';
export * from './openai/target.js';
export * from './openai-chat/encode-request.js';
export { decodeChatUsage } from './openai-chat/usage.js';
export * from './reasoning-envelope.js';
export { SseParser, type SseTarget } from './sse.js';
export { countOpenAiRequestTokens } from './openai-request-tokens.js';
export { countTextTokens } from './text-tokens.js';
export { cutMessage } from './canonical/cut-message.js';
export { estimateInputTokens } from './token-estimate.js';
export { countRequestTokens } from './tokens.js';
export { patchTopLevel, scanTopLevel, type Span } from './top-level.js';
export { decodeAnthropicUsage, AnthropicUsageObserver } from './anthropic/observe.js';
export { ChatUsageObserver } from './openai-chat/observe.js';
export { UsageChunkStripper } from './openai-chat/usage-chunk-stripper.js';
export * from './openai-responses/decode-message.js';
export * from './openai-responses/decode-options.js';
export * from './openai-responses/decode-stream.js';
export * from './openai-responses/encode-request.js';
export { sealReasoningItem, type ReasoningOrigin } from './openai-responses/reasoning-item.js';
export { blockedDomains } from './openai-responses/web-search-tool.js';
export { ResponsesUsageObserver } from './openai-responses/observe.js';
export { decodeResponsesUsage } from './openai-responses/usage.js';
export * from './prices.js';
export { type ObserverOptions } from './sse-observer.js';

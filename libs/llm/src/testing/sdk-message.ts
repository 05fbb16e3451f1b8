import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { Stream } from '@anthropic-ai/sdk/core/streaming';
import type { Message, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';

/** What the official SDK makes of the bytes of a stream; throws what it throws. @param stream one char per byte. */
export async function sdkMessage(stream: string): Promise<Message> {
  const response = new Response(Buffer.from(stream, 'latin1'), { headers: { 'content-type': 'text/event-stream' } });
  const events = Stream.fromSSEResponse<RawMessageStreamEvent>(response, new AbortController());
  return MessageStream.fromReadableStream(events.toReadableStream()).finalMessage();
}

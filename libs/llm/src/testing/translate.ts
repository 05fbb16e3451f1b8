import { AnthropicStreamEncoder, type AnthropicStreamOptions } from '../anthropic/encode-stream.js';
import { emptyUsage, type CanonicalUsage } from '../canonical/usage.js';
import type { StreamDecoder } from '../canonical/stream-decoder.js';
import type { CanonicalStream } from '../canonical/stream.js';
import { ChatStreamDecoder, type ChatDecodeOptions } from '../openai-chat/decode-stream.js';
import { ResponsesStreamDecoder } from '../openai-responses/decode-stream.js';
import type { ResponsesDecodeOptions } from '../openai-responses/decode-options.js';
import type { ErrorContext } from '../openai/decode-error.js';

export const ERRORS: ErrorContext = { model: 'claude-x' };

export const OPTIONS: AnthropicStreamOptions = {
  id: 'msg_0123456789abcdefghijABCD',
  model: 'claude-x',
  requestId: 'req_0f',
  estimate: () => 7,
  toolNames: { upstream: (name) => name, client: (name) => name },
  seal: (shown, _, item) => `sealed:${item ? JSON.stringify(item) : shown.length}`,
};

/** What the gateway counts when the upstream gives no usage. */
export const COUNTED: CanonicalUsage = { ...emptyUsage(), input: 11, output: 3, total: 14, estimated: true };

export interface Translation {
  /** All that was written, one char per byte. */
  readonly out: string;
  readonly encoder: AnthropicStreamEncoder;
  readonly decoder: StreamDecoder;
}

type Reads = readonly (string | Buffer)[];

/** Sends the reads of a Chat upstream through decoder and encoder, ends the body, and answers the question for usage. */
export function translate(
  reads: Reads,
  { thinkTags, ...options }: Partial<AnthropicStreamOptions> & Pick<ChatDecodeOptions, 'thinkTags'> = {},
): Translation {
  return run(reads, options, (encoder) => new ChatStreamDecoder(encoder, { errors: ERRORS, thinkTags }));
}

/** The same for the Responses API. */
export function translateResponses(
  reads: Reads,
  decode: Partial<ResponsesDecodeOptions> = {},
  options: Partial<AnthropicStreamOptions> = {},
): Translation {
  return run(reads, options, (encoder) => new ResponsesStreamDecoder(encoder, { errors: ERRORS, ...decode }));
}

function run(
  reads: Reads,
  options: Partial<AnthropicStreamOptions>,
  decoderFor: (target: CanonicalStream) => StreamDecoder,
): Translation {
  const encoder = new AnthropicStreamEncoder({ ...OPTIONS, ...options });
  const decoder = decoderFor(encoder);
  let out = '';
  for (const read of reads) {
    decoder.push(typeof read === 'string' ? Buffer.from(read, 'latin1') : read);
    out += encoder.take();
  }
  decoder.end();
  if (encoder.needsUsage) encoder.finishWith(COUNTED);
  return { out: out + encoder.take(), encoder, decoder };
}

import { decodeAnthropicRequest } from '../anthropic/decode-request.js';
import { jsonBody } from '../json-body.js';
import type { EncodedRequest } from '../openai/encoded-request.js';
import type { OpenAiTarget } from '../openai/target.js';
import { encodeResponsesRequest } from '../openai-responses/encode-request.js';
import type { InputItem } from '../openai-responses/input-items.js';
import { target } from './chat-request.js';

/** Where the reasoning of the tests comes from. */
export const ORIGIN = 'account-1';

/** The target of the conformance table: the newest family on the Responses API. */
export const R: OpenAiTarget & { readonly model: string } = { ...target('gpt-5.6'), origin: ORIGIN };

/** What is sent upstream. */
export interface Out {
  readonly input: readonly InputItem[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly [parameter: string]: unknown;
}

export interface Encoded extends EncodedRequest {
  readonly out: Out;
  /** The body as text. */
  readonly json: string;
}

/** Translates a request given as an object (or as the body's text) for a target. */
export function encode(request: object | string, to: OpenAiTarget = R): Encoded {
  const body = jsonBody(Buffer.from(typeof request === 'string' ? request : JSON.stringify(request)));
  const encoded = encodeResponsesRequest(decodeAnthropicRequest(body), to);
  const json = encoded.body.toString();
  return { ...encoded, json, out: JSON.parse(json) as Out };
}

import { createHash } from 'node:crypto';
import { invalidRequest } from './api-error.js';
import { modelNotFound } from './chat/chat-validation.js';
import type { Endpoint } from './endpoint.js';
import { findEmbeddingModel, type EmbeddingModel } from './models.js';
import { json } from './script/script.js';
import { countText } from './tokens.js';
import { arrayOf, integer, isObject, object, oneOf, string, stringOr, type Check } from './validation/checks.js';

const inputEntry: Check = (value, path) => {
  if (typeof value === 'string') string({ min: 1 })(value, path);
  else if (Array.isArray(value)) arrayOf(integer(0), { min: 1, max: 8192 })(value, path);
  else integer(0)(value, path);
};

const shape = object(
  { model: string(), input: stringOr(arrayOf(inputEntry, { min: 1, max: 2048 }), 'an array', { min: 1 }) },
  { dimensions: integer(1), encoding_format: oneOf('float', 'base64'), user: string() },
);

interface EmbeddingsRequest {
  readonly model: string;
  readonly input: string | readonly (string | number | readonly number[])[];
  readonly dimensions?: number;
  readonly encoding_format?: 'float' | 'base64';
}

/** `POST /v1/embeddings`: unit vectors that depend on nothing but the text. */
export const embeddings: Endpoint = (body, house) => {
  if (house.strict) shape(body, '');
  const request = (isObject(body) ? body : {}) as unknown as EmbeddingsRequest;
  const model = findEmbeddingModel(request.model);
  if (!model) throw modelNotFound(request.model);
  checkDimensions(request, model);
  return {
    model: model.id,
    improvise: () => json(embed(request, model)),
    render: () => {
      throw new Error('an embedding is not something that a model says: script it with json()');
    },
  };
};

function checkDimensions({ dimensions }: EmbeddingsRequest, model: EmbeddingModel): void {
  if (dimensions === undefined) return;
  if (!model.shortens) throw invalidRequest('This model does not support specifying dimensions.', 'dimensions');
  if (dimensions > model.dimensions) {
    throw invalidRequest(
      `Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${model.dimensions}.`,
      'dimensions',
    );
  }
}

function embed(request: EmbeddingsRequest, model: EmbeddingModel): object {
  const texts = entries(request.input);
  const tokens = texts.reduce((sum, text) => sum + countText(text), 0);
  const size = request.dimensions ?? model.dimensions;
  return {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = unitVector(text, size);
      const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
      return {
        object: 'embedding',
        index,
        embedding: request.encoding_format === 'base64' ? bytes.toString('base64') : [...vector],
      };
    }),
    model: model.id,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** One text per vector: a string, a list of tokens, or a list of either. */
function entries(input: EmbeddingsRequest['input']): readonly string[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input.join(' ')] : input.map(String);
}

function unitVector(text: string, size: number): Float32Array {
  const vector = new Float32Array(size);
  for (let index = 0; index < size; index += 16) {
    const digest = createHash('sha256').update(`${index} ${text}`).digest();
    for (let byte = 0; byte < 16 && index + byte < size; byte += 1) vector[index + byte] = digest.readInt16LE(byte * 2);
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

import { describe, expect, it } from '@jest/globals';
import { anything, assert, dictionary, property, string } from 'fast-check';
import { decodeAnthropicRequest, jsonBody } from '#libs/llm';
import { anthropicParameters, openAiParameters } from './ai-parameters.js';

const messages = [{ role: 'user', content: 'hi' }];

describe('the parameters for the record', () => {
  it('are those of a Messages request, the operator’s first', () => {
    const body = { model: 'm', max_tokens: 100, temperature: 0.5, top_k: 3, stop_sequences: ['END'], messages };
    const request = decodeAnthropicRequest(jsonBody(Buffer.from(JSON.stringify(body))));
    expect(anthropicParameters(request, {})).toEqual({
      maxTokens: 100,
      temperature: 0.5,
      topK: 3,
      stopSequences: ['END'],
    });
    expect(anthropicParameters(request, { max_tokens: 7, top_p: 1, reasoning_effort: 'low' })).toMatchObject({
      maxTokens: 7,
      topP: 1,
      reasoningLevel: 'low',
    });
  });

  it('are those of a request of Chat Completions or the Responses API', () => {
    const chat = { max_completion_tokens: 9, n: 2, seed: 1, stop: 'x', frequency_penalty: 1, presence_penalty: 2 };
    expect(
      openAiParameters({ ...chat, reasoning_effort: 'high', response_format: { type: 'json_schema' } }, {}),
    ).toEqual({
      maxTokens: 9,
      choiceCount: 2,
      seed: 1,
      stopSequences: ['x'],
      frequencyPenalty: 1,
      presencePenalty: 2,
      reasoningLevel: 'high',
      outputType: 'json',
    });
    const responses = { max_output_tokens: 5, reasoning: { effort: 'low' }, text: { format: { type: 'text' } } };
    expect(openAiParameters(responses, {})).toEqual({ maxTokens: 5, reasoningLevel: 'low', outputType: 'text' });
  });

  it('are whatever of a request makes sense', () => {
    assert(
      property(dictionary(string(), anything()), (fields) => {
        const { temperature, stopSequences } = openAiParameters({ ...fields, temperature: fields['x'] }, {});
        expect(temperature === undefined || typeof temperature === 'number').toBe(true);
        expect(stopSequences?.every((one) => typeof one === 'string') ?? true).toBe(true);
      }),
    );
  });
});

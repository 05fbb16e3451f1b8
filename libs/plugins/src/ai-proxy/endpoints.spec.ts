import { describe, expect, it } from '@jest/globals';
import { anthropicEndpoint, openAiEndpoint } from './endpoints.js';

describe('anthropicEndpoint', () => {
  it.each([
    ['POST', '/v1/messages', { kind: 'messages' }],
    ['POST', '/messages', { kind: 'messages' }],
    ['POST', '', { kind: 'messages' }],
    ['POST', '/v1/messages/count_tokens', { kind: 'count_tokens' }],
    ['GET', '/v1/models', { kind: 'models' }],
    ['GET', '/v1/models/claude-gw-gpt%2D5', { kind: 'model', id: 'claude-gw-gpt-5' }],
    ['HEAD', '', { kind: 'probe' }],
    ['HEAD', '/api/hello', { kind: 'probe' }],
    ['POST', '/v1/messages/batches', { kind: 'not_supported', what: 'the Message Batches API' }],
    ['GET', '/v1/files/file_1', { kind: 'not_supported', what: 'the Files API' }],
    ['POST', '/v1/messages/cache_touch', undefined],
    ['POST', '/v1/complete', undefined],
    ['GET', '/nope', undefined],
    ['DELETE', '/v1/messages', undefined],
    ['GET', '/v1/models/%E0%A4%A', undefined],
  ])('X05–X07: %s %s', (method, path, expected) => {
    expect(anthropicEndpoint(method, path)).toEqual(expected);
  });
});

describe('openAiEndpoint', () => {
  it.each([
    ['POST', '/v1/chat/completions', { kind: 'chat' }],
    ['POST', '/v1/responses', { kind: 'responses' }],
    ['POST', '/v1/embeddings', { kind: 'embeddings' }],
    ['GET', '/v1/models', { kind: 'models' }],
    ['POST', '', { kind: 'chat' }],
    ['POST', '/v1/images/generations', undefined],
    ['GET', '/v1/chat/completions', undefined],
  ])('%s %s', (method, path, expected) => {
    expect(openAiEndpoint(method, path, 'llm/v1/chat')).toEqual(expected);
  });

  it('takes a bare POST as the route type’s endpoint', () => {
    expect(openAiEndpoint('POST', '/', 'llm/v1/embeddings')).toEqual({ kind: 'embeddings' });
    expect(openAiEndpoint('POST', '/', 'preserve')).toBeUndefined();
  });
});

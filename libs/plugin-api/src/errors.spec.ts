import { describe, expect, it } from '@jest/globals';
import { GatewayError } from './errors.js';

describe('GatewayError', () => {
  it('takes status and sentence from the table', () => {
    const error = new GatewayError('body_too_large', { detail: 'at most $& bytes' });
    expect(error).toMatchObject({
      status: 413,
      message: 'Payload too large: at most $& bytes',
      headers: {},
      type: undefined,
    });
  });

  it('takes wording, status, type and headers from whoever knows better', () => {
    const options = {
      message: 'prompt is too long',
      status: 400,
      type: 'invalid_request_error',
      headers: { 'retry-after': '1' },
    };
    expect(new GatewayError('upstream_refused', options)).toMatchObject({ code: 'upstream_refused', ...options });
  });
});

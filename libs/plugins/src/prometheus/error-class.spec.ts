import { describe, expect, it } from '@jest/globals';
import { GATEWAY_ERRORS, GatewayError, type GatewayErrorCode } from '#libs/plugin-api';
import { ERROR_CLASSES, errorClass } from './error-class.js';
import { aiFacts, finished } from './testing/events.js';

describe('errorClass', () => {
  it('has a class for every code of the gateway', () => {
    for (const code of Object.keys(GATEWAY_ERRORS) as GatewayErrorCode[]) {
      const found = errorClass(finished({ error: new GatewayError(code) }));
      expect(ERROR_CLASSES).toContain(found);
      expect(found).not.toBe('other');
    }
  });

  it('tells the provider’s refusal from the gateway’s by whether the provider has been asked', () => {
    const error = new GatewayError('rate_limited');
    expect(errorClass(finished({ error }))).toBe('policy_rate_limited');
    expect(errorClass(finished({ error, tries: [{}] }))).toBe('provider_rate_limited');
  });

  it.each([
    [401, 'provider_credential'],
    [429, 'provider_rate_limited'],
    [504, 'provider_timeout'],
    [529, 'provider_overloaded'],
    [400, 'provider_refused'],
    [undefined, 'provider_refused'],
  ])('sees the upstream’s own %s that was passed on as %s', (status, expected) => {
    const ai = aiFacts({ upstreamError: { status, type: undefined, message: 'no' } });
    expect(errorClass(finished({ ai }))).toBe(expected);
  });

  it('goes by the outcome when nobody has said what went wrong', () => {
    const of = (outcome: string) => errorClass(finished({ record: { exchange: { outcome } } }));
    expect(of('client_aborted')).toBe('caller_gone');
    expect(of('upstream_failed')).toBe('provider_invalid_response');
    expect(of('completed')).toBeUndefined();
  });
});

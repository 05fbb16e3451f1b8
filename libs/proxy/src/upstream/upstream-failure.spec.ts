import { describe, expect, it } from '@jest/globals';
import { UpstreamFailure } from '#libs/plugin-api';
import { MalformedResponse } from './response-head.js';
import { classifyFailure, failureToGatewayError } from './upstream-failure.js';

const withCode = (code: string, message = 'connect to 10.1.2.3:443 failed') =>
  Object.assign(new Error(message), { code });

describe('classifyFailure', () => {
  it.each<[Error, string]>([
    [withCode('ENOTFOUND'), 'dns'],
    [withCode('EAI_AGAIN'), 'dns'],
    [withCode('ECONNREFUSED'), 'connect'],
    [Object.assign(new AggregateError([withCode('ECONNREFUSED')]), { code: 'ECONNREFUSED' }), 'connect'],
    [withCode('EHOSTUNREACH'), 'connect'],
    [withCode('ETIMEDOUT'), 'connect_timeout'],
    [withCode('ECONNRESET'), 'reset'],
    [new MalformedResponse('its head'), 'protocol'],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
    [withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls'],
    [withCode('CERT_HAS_EXPIRED'), 'tls'],
    [withCode('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls'],
    [withCode('EPROTO'), 'tls'],
    [new Error('whatever'), 'protocol'],
  ])('%s → %s', (error, reason) => {
    const failure = classifyFailure(error);
    expect(failure.reason).toBe(reason);
    expect(failure.cause).toBe(error);
    expect(failure.message).not.toContain('10.1.2.3');
  });

  it('leaves alone what is classified', () => {
    const failure = new UpstreamFailure('aborted', 'enough');
    expect(classifyFailure(failure)).toBe(failure);
  });
});

describe('failureToGatewayError', () => {
  it.each([
    ['dns', 503, 'name resolution failed'],
    ['connect', 502, 'The upstream server could not be reached: x'],
    ['tls', 502, 'The upstream server could not be reached: x'],
    ['connect_timeout', 504, 'The upstream server is timing out: x'],
    ['headers_timeout', 504, 'The upstream server is timing out: x'],
    ['body_timeout', 504, 'The upstream server is timing out: x'],
    ['reset', 502, 'An invalid response was received from the upstream server: x'],
    ['protocol', 502, 'An invalid response was received from the upstream server: x'],
  ] as const)('%s → %d %s', (reason, status, message) => {
    const failure = new UpstreamFailure(reason, 'x');
    expect(failureToGatewayError(failure)).toMatchObject({ status, message, cause: failure });
  });
});

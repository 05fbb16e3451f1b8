import { describe, expect, it } from '@jest/globals';
import { httpLogConfig } from './http-log.config.js';

const endpoint = 'https://logs.example/in';
const problems = (config: object) =>
  httpLogConfig
    .safeParse({ http_endpoint: endpoint, ...config })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the config of http-log', () => {
  it('has Kong’s defaults, and verifies certificates', () => {
    expect(httpLogConfig.parse({ http_endpoint: endpoint })).toMatchObject({
      method: 'POST',
      content_type: 'application/json',
      timeout: 10_000,
      keepalive: 60_000,
      ssl_verify: true,
      queue: { max_batch_size: 1, max_coalescing_delay: 1 },
    });
  });

  it.each([
    [{ retry_count: 10 }, ['retry_count: has had no effect since Kong 3.3; queue.max_retry_time says how long to try']],
    [{ client_certificate: { id: 'x' } }, [expect.stringContaining('client_certificate: certificates of Kong')]],
    [{ http_endpoint: 'ftp://a' }, ['http_endpoint: expected an http or https URL']],
    [{ headers: { a: 'x\r\ny' } }, ['headers.a: expected a header value without line breaks']],
  ])('refuses %j', (config, expected) => {
    expect(problems(config)).toEqual(expected);
  });

  it.each(['Host', 'content-length', 'Content-Type', 'a b', ''])('refuses the header name "%s"', (name) => {
    expect(problems({ headers: { [name]: 'a' } })).toHaveLength(1);
  });
});

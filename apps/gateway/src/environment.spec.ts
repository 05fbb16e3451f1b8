import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';

describe('readEnvironment', () => {
  it('has the documented defaults', () => {
    expect(readEnvironment({})).toEqual({
      configFiles: ['tidegate.yaml'],
      proxyListen: { host: '127.0.0.1', port: 8000 },
      adminListen: { host: '127.0.0.1', port: 8001 },
      statusListen: { host: '127.0.0.1', port: 8100 },
      dataDir: './data',
      logLevel: 'info',
      drainSeconds: 30,
      plugins: [],
    });
  });

  it('reads lists, addresses of both families and off', () => {
    expect(
      readEnvironment({
        TIDEGATE_CONFIG: 'a.yaml, b.yaml',
        TIDEGATE_PROXY_LISTEN: '[::1]:0',
        TIDEGATE_ADMIN_LISTEN: 'off',
        TIDEGATE_STATUS_LISTEN: '',
        TIDEGATE_PLUGINS: './my-plugin.js,some-package',
      }),
    ).toMatchObject({
      configFiles: ['a.yaml', 'b.yaml'],
      proxyListen: { host: '::1', port: 0 },
      adminListen: 'off',
      statusListen: { port: 8100 },
      plugins: ['./my-plugin.js', 'some-package'],
    });
  });

  it('names every faulty variable and what is allowed', () => {
    const read = () =>
      readEnvironment({ TIDEGATE_PROXY_LISTEN: '8000', TIDEGATE_LOG_LEVEL: 'loud', TIDEGATE_WORKERS: 'auto' });
    expect(read).toThrow(/TIDEGATE_PROXY_LISTEN: expected HOST:PORT/);
    expect(read).toThrow(/TIDEGATE_LOG_LEVEL: .*"info"/);
    expect(read).toThrow(/TIDEGATE_WORKERS: expected "1"/);
  });
});

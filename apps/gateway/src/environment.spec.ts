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
      journal: { maxBytes: 2 ** 30, whenFull: 'drop_oldest', syncSeconds: 0 },
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

  it.each([
    ['1048576', 2 ** 20],
    ['512MiB', 2 ** 29],
    ['512m', 2 ** 29],
    ['2 GB', undefined],
    ['2GB', 2 ** 31],
    ['100k', undefined],
    ['-1', undefined],
  ])('reads a journal size of %s', (text, bytes) => {
    const read = () => readEnvironment({ TIDEGATE_JOURNAL_MAX_BYTES: text }).journal.maxBytes;
    if (bytes === undefined) expect(read).toThrow(/TIDEGATE_JOURNAL_MAX_BYTES: expected at least 1MiB/);
    else expect(read()).toBe(bytes);
  });

  it('names every faulty variable and what is allowed', () => {
    const read = () =>
      readEnvironment({ TIDEGATE_PROXY_LISTEN: '8000', TIDEGATE_LOG_LEVEL: 'loud', TIDEGATE_WORKERS: 'auto' });
    expect(read).toThrow(/TIDEGATE_PROXY_LISTEN: expected HOST:PORT/);
    expect(read).toThrow(/TIDEGATE_LOG_LEVEL: .*"info"/);
    expect(read).toThrow(/TIDEGATE_WORKERS: expected "1"/);
  });
});

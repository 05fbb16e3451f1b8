import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { contentCodings, decodeBody, requireSupported } from './body-decoder.js';

const ENCODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
};
const { zstdCompressSync } = zlib as { zstdCompressSync?: (body: Buffer) => Buffer };
const codings = fc.array(fc.constantFrom(...Object.keys(ENCODERS)), { minLength: 1, maxLength: 3 });
const body = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

const encode = (content: Buffer, layers: readonly string[]): Buffer =>
  layers.reduce((bytes, coding) => (ENCODERS[coding] ?? ((same: Buffer) => same))(bytes), content);

describe('decodeBody', () => {
  it('undoes any layers of compression', async () => {
    await fc.assert(
      fc.asyncProperty(body, codings, async (content, layers) => {
        expect(await decodeBody(encode(content, layers), layers, 0)).toEqual(content);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a body of exactly the limit and refuses one byte more', async () => {
    const content = Buffer.alloc(5000, 'a');
    for (const coding of Object.keys(ENCODERS)) {
      const bytes = encode(content, [coding]);
      expect((await decodeBody(bytes, [coding], 5000)).length).toBe(5000);
      await expect(decodeBody(bytes, [coding], 4999)).rejects.toMatchObject({
        code: 'body_too_large',
        message: 'Payload too large: at most 4999 bytes are accepted',
      });
    }
  });

  it('stops a bomb of every layer at the limit', async () => {
    const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(20_000_000)));
    expect(bomb.length).toBeLessThan(1000);
    await expect(decodeBody(bomb, ['gzip', 'gzip'], 1_000_000)).rejects.toMatchObject({ code: 'body_too_large' });
  });

  it('takes deflate without the zlib header, as some clients send it', async () => {
    expect((await decodeBody(zlib.deflateRawSync('hello'), ['deflate'], 0)).toString()).toBe('hello');
  });

  it('refuses what is broken or cut off', async () => {
    for (const coding of Object.keys(ENCODERS)) {
      const bytes = encode(Buffer.alloc(2000, 'abc'), [coding]);
      const broken = { code: 'bad_request', message: `the body is not valid ${coding} data` };
      await expect(decodeBody(bytes.subarray(0, bytes.length - 6), [coding], 0)).rejects.toMatchObject(broken);
      await expect(decodeBody(Buffer.from([8]), [coding], 0)).rejects.toMatchObject(broken);
    }
  });

  it('decodes zstd where Node can, and says so where it cannot', async () => {
    if (zstdCompressSync) {
      expect((await decodeBody(zstdCompressSync(Buffer.from('hello')), ['zstd'], 0)).toString()).toBe('hello');
    } else {
      expect(() => requireSupported(['zstd'])).toThrow(
        'Unsupported content-encoding: "zstd"; supported are gzip, x-gzip, deflate, br',
      );
    }
  });
});

describe('contentCodings', () => {
  it.each([
    [undefined, []],
    ['identity', []],
    ['', []],
    ['GZIP', ['gzip']],
    ['gzip, identity , br', ['gzip', 'br']],
  ])('%s → %j', (header, expected) => expect(contentCodings(header)).toEqual(expected));
});

describe('requireSupported', () => {
  it('refuses unknown names, those of every object too, and too many layers', () => {
    expect(() => requireSupported(['constructor'])).toThrow('Unsupported content-encoding: "constructor"');
    expect(() => requireSupported(['gzip', 'compress'])).toThrow('"compress"');
    expect(() => requireSupported(['gzip', 'gzip', 'gzip', 'gzip'])).toThrow('more than 3 layers');
    expect(() => requireSupported(['br', 'gzip', 'deflate'])).not.toThrow();
  });
});

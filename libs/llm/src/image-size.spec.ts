import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { imageSize } from './image-size.js';

const of = (...parts: (string | number[])[]) =>
  imageSize(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ).toString('base64'),
  );

describe('imageSize', () => {
  it('reads PNG', () => {
    expect(of('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 4, 0, 0, 0, 3, 0])).toEqual({
      width: 1024,
      height: 768,
    });
  });

  it('reads GIF', () => {
    expect(of('GIF89a', [0x40, 0x01, 0xf0, 0])).toEqual({ width: 320, height: 240 });
  });

  it('reads the three kinds of WebP', () => {
    const riff = (kind: string, ...rest: number[]) => of('RIFF', [0, 0, 0, 0], `WEBP${kind}`, [0, 0, 0, 0], rest);
    expect(riff('VP8X', 0, 0, 0, 0, 0xff, 0x03, 0, 0xff, 0x02, 0)).toEqual({ width: 1024, height: 768 });
    // 14 bits of width - 1, 14 bits of height - 1.
    expect(riff('VP8L', 0x2f, 0xff, 0xc3, 0xbf, 0, 0, 0, 0, 0, 0)).toEqual({ width: 1024, height: 768 });
    expect(riff('VP8 ', 0, 0, 0, 0x9d, 0x01, 0x2a, 0, 4, 0, 3)).toEqual({ width: 1024, height: 768 });
    expect(riff('VP9 ', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).toBeUndefined();
  });

  it('finds the frame of a JPEG behind other segments', () => {
    const frame = [0xff, 0xc2, 0, 17, 8, 3, 0, 4, 0];
    const thumbnail = [0xff, 0xe1, 0, 10, ...frame.slice(0, 8)];
    expect(of([0xff, 0xd8], thumbnail, [0xff], frame)).toEqual({ width: 1024, height: 768 });
    expect(of([0xff, 0xd8], [0xff, 0xc4, 0, 4, 1, 2], frame)).toEqual({ width: 1024, height: 768 });
  });

  it('knows nothing of other data, and never fails', () => {
    expect(imageSize('')).toBeUndefined();
    expect(imageSize('QUJD')).toBeUndefined();
    expect(of([0xff, 0xd8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])).toBeUndefined();
    const heads = ['', '\x89PNG\r\n\x1a\n', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8X', '\xff\xd8', '\xff\xd8\xff\xe0'];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 40 }), (head, rest) => {
        const size = of(head, [...rest]);
        if (size) expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
      }),
    );
  });
});

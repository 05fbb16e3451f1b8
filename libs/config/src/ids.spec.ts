import { describe, expect, it } from '@jest/globals';
import { entityId, uuidV5 } from './ids.js';

describe('ids', () => {
  it('are name-based UUIDs (RFC 9562, appendix A.4)', () => {
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  // Ids that Kong itself made; they stand in its integration test of `POST /config`.
  it.each([
    ['services', 'my-service', '0855b320-0dd2-547d-891d-601e9b38647f'],
    ['consumers', 'my-user', '4b1b701d-de2b-5588-9aa2-3b97061d9f52'],
    ['routes', 'my-route', '481a9539-f49c-51b6-b2e2-fe99ee68866c'],
  ])('are those of Kong: %s %s', (kind, key, id) => {
    expect(entityId(kind, key)).toBe(id);
  });
});

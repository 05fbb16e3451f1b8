import { z } from '#libs/plugin-api';

/** A field that Kong has and this gateway has not: whoever sets it is told why. */
export function refusedField(reason: string) {
  return z.never({ error: reason }).optional();
}

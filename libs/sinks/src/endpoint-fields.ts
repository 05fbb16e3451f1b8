import { z } from '#libs/plugin-api';

export const hostField = z
  .string()
  .regex(/^[^\s/:@]+$|^[0-9a-f:.]+$/i, 'expected a host name or an IP address, without scheme and port')
  .describe('Host name or IP address of the receiver');

export const portField = z.int().min(1).max(65_535).describe('Port of the receiver');

/** Milliseconds; a timer takes no more. */
export const millisecondsField = z.int().min(1).max(2_147_483_646);

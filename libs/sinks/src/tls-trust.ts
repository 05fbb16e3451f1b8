import { readFileSync } from 'node:fs';
import { z } from '#libs/plugin-api';

/** PEM text or the name of a file with it; to be checked with `pemProblems`. */
export const pemField = z.string().min(1);

/** Config fields of a plugin that speaks TLS as a client. */
export const trustFields = {
  ssl_verify: z
    .boolean()
    .default(true)
    .describe('With TLS: refuse a server whose certificate is not valid for its name'),
  ca_certificate: pemField
    .optional()
    .describe('With TLS: the authorities to trust in place of the well-known ones: PEM text, or the name of a file'),
};

export interface TlsTrust {
  readonly ssl_verify: boolean;
  readonly ca_certificate?: string | undefined;
}

/** The part of `tls.connect`'s options that decides whom to trust. A file is read anew, so that it may be replaced. */
export function trustOptions({ ssl_verify, ca_certificate }: TlsTrust): { rejectUnauthorized: boolean; ca?: string } {
  return { rejectUnauthorized: ssl_verify, ...(ca_certificate !== undefined && { ca: pemText(ca_certificate) }) };
}

/**
 * @param value PEM text or the name of a file with it.
 * @throws Error when the file cannot be read.
 */
export function pemText(value: string): string {
  return isPem(value) ? value : readFileSync(value, 'utf8');
}

/** What is wrong with a field that is given as PEM text or file name. */
export function pemProblems(
  value: string | undefined,
  path: readonly string[],
): { path: readonly string[]; message: string }[] {
  if (value === undefined) return [];
  try {
    if (isPem(pemText(value))) return [];
    return [{ path, message: 'the file holds no PEM text: expected a line -----BEGIN …-----' }];
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    return [
      { path, message: `expected PEM text (-----BEGIN …-----) or the name of a file that can be read (${code})` },
    ];
  }
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

import type { HeaderMap } from '#libs/plugin-api';

/** Takes credentials out of whatever leaves an exchange; a Nest injectable that the composition provides. */
export abstract class Redaction {
  /** @param secretNames lower-case names of headers that hold a credential beside the well-known ones */
  abstract headers(
    headers: HeaderMap,
    secretNames: ReadonlySet<string>,
  ): Readonly<Record<string, string | readonly string[]>>;

  /** @param secretNames lower-case names of query parameters that hold a credential beside the well-known ones */
  abstract uri(uri: string, secretNames: ReadonlySet<string>): string;

  /** @param secretValues literal credentials */
  abstract text(text: string, secretValues: ReadonlySet<string>): string;
}

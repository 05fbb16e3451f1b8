import type { ExchangeView } from '#libs/plugin-api';
import type { RawHeaders } from './exchange-result.js';
import { maskUri } from './mask-uri.js';
import { Redactor } from './redaction.js';
import { scrubText } from './scrub-text.js';
import { SecretValues } from './secret-values.js';

const NO_VALUES: readonly string[] = [];

/** Redaction of single things, for whoever shows something of an exchange before it has its record. */
export class SecretRedaction {
  /** @param secretNames lower-case names of headers that hold a credential beside the well-known ones. */
  headers(headers: RawHeaders, secretNames: ReadonlySet<string>): ExchangeView['requestHeaders'] {
    const redactor = new Redactor(secretNames, NO_VALUES, headers);
    const redacted: unknown = JSON.parse(redactor.headers(headers));
    return (redactor.leaks ? redactor.clean(redacted) : redacted) as ExchangeView['requestHeaders'];
  }

  /** @param secretNames lower-case names of query parameters that hold a credential beside the well-known ones. */
  uri(uri: string, secretNames: ReadonlySet<string>): string {
    return maskUri(uri, secretNames);
  }

  /** An error's text. @param secretValues literal credentials. */
  text(text: string, secretValues: ReadonlySet<string>): string {
    return scrubText(text, new SecretValues(secretValues));
  }
}

import type { ErrorContext } from '../openai/decode-error.js';

export interface ResponsesDecodeOptions {
  /** What an error of the upstream is explained with. */
  readonly errors: ErrorContext;
  /** Domains that a hosted search is not to show. */
  readonly blockedDomains?: readonly string[] | undefined;
  /**
   * Nothing but a search is asked for: its text is held back until it is complete, because only the citations in it tell the
   * titles of the results, which stand before it.
   */
  readonly onlySearch?: boolean | undefined;
}

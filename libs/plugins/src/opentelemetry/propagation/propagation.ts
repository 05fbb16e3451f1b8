import type { UpstreamHeaders } from '#libs/plugin-api';
import type { HeaderFormat, OpentelemetryConfig } from '../opentelemetry.config.js';
import { FORMATS, type HeaderReader } from './formats.js';
import type { TraceParent } from './trace-parent.js';

/** The order in which Kong looks for them. */
const ALL: readonly HeaderFormat[] = ['b3', 'w3c', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'];

export interface Extracted {
  readonly parent: TraceParent;
  readonly format: HeaderFormat;
}

/** Which headers trace context is read from and written to; Kong's rules (its docs, "Tracing headers"). */
export class Propagation {
  private readonly extracts: readonly HeaderFormat[];
  private readonly injects: readonly (HeaderFormat | 'preserve')[];
  private readonly cleared: UpstreamHeaders;
  private readonly fallback: HeaderFormat;

  constructor({ propagation, header_type: type }: Pick<OpentelemetryConfig, 'propagation' | 'header_type'>) {
    const { extract, inject, clear, default_format: fallback } = propagation;
    this.fallback = fallback;
    this.cleared = Object.fromEntries((clear ?? []).map((name) => [name, undefined]));
    if (extract ?? inject ?? clear) {
      this.extracts = extract ?? [];
      this.injects = inject ?? [];
    } else {
      this.extracts = type === 'ignore' ? [] : ALL;
      if (type === 'ignore') this.injects = [fallback];
      else this.injects = type === 'preserve' ? ['preserve'] : ['preserve', type];
    }
  }

  /** The caller's context, in the first of the formats that is there. */
  extract(header: HeaderReader): Extracted | undefined {
    for (const format of this.extracts) {
      const parent = FORMATS[format].extract(header);
      if (parent) return { parent, format: format === 'b3' && header('b3') !== undefined ? 'b3-single' : format };
    }
    return undefined;
  }

  /**
   * What a request to an upstream is to carry.
   * @param context undefined: there is no trace to tell of
   * @param found the format that the caller's context came in
   */
  headers(context: TraceParent | undefined, found: HeaderFormat | undefined): UpstreamHeaders {
    const headers: Record<string, string | undefined> = { ...this.cleared };
    if (!context) return headers;
    for (const format of this.injects) {
      Object.assign(headers, FORMATS[format === 'preserve' ? (found ?? this.fallback) : format].inject(context));
    }
    return headers;
  }
}

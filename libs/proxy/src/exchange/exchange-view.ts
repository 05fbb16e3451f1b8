import type { Exchange, ExchangeView } from '#libs/plugin-api';
import type { Redaction } from './redaction.js';

/**
 * An exchange as observers see it. What must be redacted is worked out when somebody asks for it, and again only when a
 * plugin has named another credential since.
 */
export class RedactedView implements ExchangeView {
  private headers: ExchangeView['requestHeaders'] | undefined;
  private maskedUri: string | undefined;
  private secretsKnown = 0;

  constructor(
    private readonly exchange: Exchange,
    private readonly redaction: Redaction,
  ) {}

  get requestHeaders(): ExchangeView['requestHeaders'] {
    this.forgetWhenOutdated();
    return (this.headers ??= this.redaction.headers(this.exchange.request.headers, this.exchange.secretNames));
  }

  get uri(): string {
    this.forgetWhenOutdated();
    return (this.maskedUri ??= this.redaction.uri(this.exchange.request.uri, this.exchange.secretNames));
  }

  header(name: string): string | undefined {
    const { request, secretNames } = this.exchange;
    const value = request.headers[name];
    if (typeof value !== 'string') return undefined;
    return this.redaction.headers({ [name]: value }, secretNames)[name] as string;
  }

  setResponseHeader(name: string, value: string): void {
    this.exchange.response.setHeader(name, value);
  }

  get id(): string {
    return this.exchange.id;
  }
  get requestId(): string {
    return this.exchange.requestId;
  }
  get seq(): number {
    return this.exchange.seq;
  }
  get startedAt(): number {
    return this.exchange.startedAt;
  }
  get startedMono(): number {
    return this.exchange.startedMono;
  }
  get method(): string {
    return this.exchange.request.method;
  }
  get clientIp(): string {
    return this.exchange.request.clientIp;
  }
  get route(): ExchangeView['route'] {
    return this.exchange.route;
  }
  get service(): ExchangeView['service'] {
    return this.exchange.service;
  }
  get consumer(): ExchangeView['consumer'] {
    return this.exchange.consumer;
  }
  get ai(): ExchangeView['ai'] {
    return this.exchange.ai;
  }
  get agent(): ExchangeView['agent'] {
    return this.exchange.agent;
  }
  get upstreamUri(): string | undefined {
    return this.exchange.upstreamUri;
  }
  get tries(): ExchangeView['tries'] {
    return this.exchange.tries;
  }
  get attempts(): ExchangeView['attempts'] {
    return this.exchange.attempts;
  }
  get upstreamHeaders(): ExchangeView['upstreamHeaders'] {
    return this.exchange.upstreamHeaders;
  }
  set upstreamHeaders(headers: ExchangeView['upstreamHeaders']) {
    this.exchange.upstreamHeaders = headers;
  }
  get source(): ExchangeView['source'] {
    return this.exchange.source;
  }

  private forgetWhenOutdated(): void {
    const { size } = this.exchange.secretNames;
    if (size === this.secretsKnown) return;
    this.secretsKnown = size;
    this.headers = undefined;
    this.maskedUri = undefined;
  }
}

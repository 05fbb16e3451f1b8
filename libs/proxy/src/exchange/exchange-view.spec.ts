import { describe, expect, it } from '@jest/globals';
import type { Exchange, HeaderMap } from '#libs/plugin-api';
import { RedactedView } from './exchange-view.js';
import { Redaction } from './redaction.js';

class CountingRedaction extends Redaction {
  calls = 0;
  override headers(headers: HeaderMap, secretNames: ReadonlySet<string>): Record<string, string> {
    this.calls += 1;
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, secretNames.has(name) ? 'REDACTED' : String(value)]),
    );
  }
  override uri(uri: string, secretNames: ReadonlySet<string>): string {
    this.calls += 1;
    return [...secretNames].reduce((text, name) => text.replace(new RegExp(`${name}=[^&]*`), `${name}=REDACTED`), uri);
  }
  override text(text: string): string {
    return text;
  }
}

const exchange = () =>
  ({
    id: 'req_1',
    source: 'kong',
    secretNames: new Set<string>(),
    request: { method: 'POST', uri: '/a?token=t', clientIp: '::1', headers: { 'x-token': 't' } },
  }) as unknown as Exchange;

describe('RedactedView', () => {
  it('redacts when asked, once', () => {
    const redaction = new CountingRedaction();
    const view = new RedactedView(exchange(), redaction);
    expect(redaction.calls).toBe(0);
    expect(view.requestHeaders).toBe(view.requestHeaders);
    expect(view.uri).toBe(view.uri);
    expect(redaction.calls).toBe(2);
  });

  it('redacts anew when a plugin has named a credential since', () => {
    const seen = exchange();
    const view = new RedactedView(seen, new CountingRedaction());
    expect(view.requestHeaders).toEqual({ 'x-token': 't' });
    seen.secretNames.add('x-token');
    seen.secretNames.add('token');
    expect(view.requestHeaders).toEqual({ 'x-token': 'REDACTED' });
    expect(view.uri).toBe('/a?token=REDACTED');
  });

  it('shows a single header, redacted', () => {
    const seen = exchange();
    const view = new RedactedView(seen, new CountingRedaction());
    expect(view.header('x-token')).toBe('t');
    expect(view.header('x-other')).toBeUndefined();
    seen.secretNames.add('x-token');
    expect(view.header('x-token')).toBe('REDACTED');
  });

  it('shows the exchange as it is now', () => {
    const seen = exchange();
    const view = new RedactedView(seen, new CountingRedaction());
    seen.source = 'upstream';
    seen.upstreamUri = '/v1';
    expect(view).toMatchObject({
      id: 'req_1',
      method: 'POST',
      clientIp: '::1',
      source: 'upstream',
      upstreamUri: '/v1',
    });
  });
});

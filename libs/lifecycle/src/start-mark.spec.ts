import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ExchangeView } from '#libs/plugin-api';
import { interruptedRecord, startMark } from './start-mark.js';
import { exchangeFacts, NODE } from './testing/exchanges.js';

const mark = (uri: string) => {
  const facts = exchangeFacts();
  return { facts, text: startMark({ ...facts, view: { uri } as ExchangeView }, NODE) };
};

describe('a start mark', () => {
  it('becomes a record of what was known', () => {
    const { facts, text } = mark('/a/v1/messages?beta=true');
    expect(interruptedRecord(text)).toMatchObject({
      request: { id: facts.requestId, method: 'POST', uri: '/a/v1/messages?beta=true', querystring: { beta: 'true' } },
      client_ip: facts.request.clientIp,
      started_at: facts.startedAt,
      service: facts.service,
      route: facts.route,
      exchange: { id: facts.id, node: NODE, seq: facts.seq, outcome: 'interrupted' },
      error: { code: 'interrupted' },
    });
  });

  it('holds no value that might be a credential', () => {
    const { text } = mark('/a?key=hunter2&n=12&beta=true&token=true1&flag&x=%20&long=12345');
    expect(interruptedRecord(text)?.request).toMatchObject({
      uri: '/a?key=REDACTED&n=12&beta=true&token=REDACTED&flag&x=REDACTED&long=REDACTED',
      querystring: { key: 'REDACTED', n: '12', beta: 'true', token: 'REDACTED', flag: true },
    });
  });

  it('is one line of JSON whatever the client asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = mark(`/${text}`).text;
        expect(made).not.toContain('\n');
        expect(interruptedRecord(made)?.exchange.outcome).toBe('interrupted');
      }),
    );
  });

  it('that is none is told', () => {
    expect(interruptedRecord('{"request":')).toBeUndefined();
  });
});

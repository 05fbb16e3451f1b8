import { describe, expect, it } from '@jest/globals';
import { template, type TemplateSource } from './templates.js';

const exchange = {
  request: { headers: { 'x-model': 'gpt-5', 'x-twice': ['a', 'b'] }, query: 'tier=fast&empty=' },
  uriCaptures: { region: 'eu' },
} as unknown as TemplateSource;

describe('template', () => {
  it.each([
    ['plain', 'plain'],
    ['$(headers.X-Model)', 'gpt-5'],
    ['$(headers.x-twice)', 'a'],
    ['m-$(uri_captures.region)-$(query_params.tier)', 'm-eu-fast'],
    ['[$(query_params.empty)]', '[]'],
  ])('%s → %s', (text, expected) => {
    expect(template('name', text)(exchange)).toBe(expected);
  });

  it.each([
    ['$(headers.x-none)', 'headers key x-none was not provided'],
    ['$(nodot)', "cannot parse expression for field 'name'"],
    ['$(cookies.a)', "source 'cookies' is not supported, use headers, uri_captures, query_params"],
  ])('refuses %s as Kong does', (text, message) => {
    expect(() => template('name', text)(exchange)).toThrow(message);
  });
});

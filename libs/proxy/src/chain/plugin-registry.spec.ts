import { describe, expect, it } from '@jest/globals';
import {
  GatewayError,
  type Exchange,
  type GatewayPlugin,
  type Observer,
  type PluginEntity,
  type Sink,
} from '#libs/plugin-api';
import { consumer, installed, plugin, route, service } from '../testing/entities.js';
import type { PluginChain } from './plugin-chain.js';
import { PluginRegistry } from './plugin-registry.js';

const names = (chain: PluginChain): string[] => chain.steps.map(({ name }) => name);
const passing: GatewayPlugin = { handler: () => (_exchange, next) => next() };
const registry = (
  plugins: readonly PluginEntity[],
  catalogue: readonly ReturnType<typeof installed>[],
  unready: readonly (readonly [string, string])[] = [],
) => new PluginRegistry({ plugins, unready: new Map(unready) }, new Map(catalogue));

const r = route('r', { service: { id: 's' } });
const s = service('s');

describe('PluginRegistry', () => {
  it('orders plugins by priority, equal ones by name from z to a as Kong does', () => {
    const chain = registry(
      [plugin('low'), plugin('a-twin'), plugin('z-twin'), plugin('high')],
      [
        installed('low', 1, passing),
        installed('high', 1000, passing),
        installed('a-twin', 5, passing),
        installed('z-twin', 5, passing),
      ],
    ).chainFor(r, s, undefined);
    expect(names(chain)).toEqual(['high', 'z-twin', 'a-twin', 'low']);
    expect(chain.entities.map(({ name }) => name)).toEqual(['high', 'z-twin', 'a-twin', 'low']);
  });

  it('runs one entry per plugin name, with its own configuration, prepared once', () => {
    const prepared: unknown[] = [];
    const counting: GatewayPlugin = {
      handler: (config) => {
        prepared.push(config);
        return async () => {};
      },
    };
    const plugins = registry(
      [plugin('p', {}, { config: 'global' }), plugin('p', { route: 'r' }, { config: 'route' })],
      [installed('p', 1, counting)],
    );
    expect(plugins.chainFor(r, s, undefined).entities.map(({ config }) => config)).toEqual(['route']);
    expect(plugins.chainFor(route('other'), s, undefined).entities.map(({ config }) => config)).toEqual(['global']);
    plugins.chainFor(r, s, undefined);
    expect(prepared).toEqual(['global', 'route']);
  });

  it('gives the same chain for the same scope, and one to all consumers without an entry of their own', () => {
    const plugins = registry([plugin('p'), plugin('p', { consumer: 'alice' })], [installed('p', 1, passing)]);
    const anonymous = plugins.chainFor(r, s, undefined);
    expect(plugins.chainFor(r, s, undefined)).toBe(anonymous);
    expect(plugins.chainFor(r, s, consumer('bob'))).toBe(anonymous);
    const alices = plugins.chainFor(r, s, consumer('alice'));
    expect(alices.entities.map(({ id }) => id)).toEqual(['p@alice']);
    expect(plugins.chainFor(r, s, consumer('alice'))).toBe(alices);
  });

  it('applies what is global to exchanges without a route', () => {
    const plugins = registry(
      [plugin('p'), plugin('q', { route: 'r' })],
      [installed('p', 1, passing), installed('q', 1, passing)],
    );
    expect(names(plugins.chainFor(undefined, undefined, undefined))).toEqual(['p']);
  });

  it('leaves out disabled entries and those for other protocols', () => {
    const chain = registry(
      [
        plugin('off', {}, { enabled: false }),
        plugin('tcp', {}, { protocols: ['tcp', 'tls'] }),
        plugin('https', {}, { protocols: ['https'] }),
        plugin('off', { route: 'r' }, { enabled: false }),
      ],
      [installed('off', 1, passing), installed('tcp', 1, passing), installed('https', 1, passing)],
    ).chainFor(r, s, undefined);
    expect(names(chain)).toEqual(['https']);
  });

  it('collects sinks, observers and the error encoder of the plugin that runs first', () => {
    const sink: Sink = { write: async () => {} };
    const observer = () => {};
    const encoder = (body: string) => () => ({ status: 400, headers: {}, body });
    const plugins = registry(
      [plugin('log'), plugin('log', { route: 'r' }), plugin('watch'), plugin('a'), plugin('b')],
      [
        installed('log', 9, { sink: () => sink }),
        installed('watch', 13, { observer: () => observer }),
        installed('a', 770, { errorEncoder: () => encoder('a') }),
        installed('b', 771, { errorEncoder: () => encoder('b') }),
      ],
    );
    const chain = plugins.chainFor(r, s, undefined);
    expect(chain.steps).toEqual([]);
    expect(chain.sinkIds).toEqual(['log@r']);
    expect(chain.observers).toEqual([observer]);
    expect(chain.encodeError?.(new GatewayError('internal'), { id: '', requestId: '' }).body).toBe('b');
    expect(plugins.sinks.map(({ entity }) => entity.id)).toEqual(['log', 'log@r']);
    expect(plugins.chainFor(undefined, undefined, undefined).sinkIds).toEqual(['log']);
  });

  it('makes an entry that is not ready answer with what it lacks, in its own format and without a sink', async () => {
    const opened: string[] = [];
    const half: GatewayPlugin = {
      handler: () => {
        throw new Error('must not be prepared');
      },
      sink: () => {
        opened.push('sink');
        return { write: async () => {} };
      },
      errorEncoder: () => () => ({ status: 503, headers: {}, body: 'mine' }),
    };
    const plugins = registry([plugin('p')], [installed('p', 1, half)], [['p', 'OPENAI_API_KEY is not set']]);
    const chain = plugins.chainFor(r, s, undefined);
    const refused = chain.steps[0]?.handler({} as Exchange, async () => {});
    await expect(refused).rejects.toThrow(new GatewayError('not_configured', { detail: 'OPENAI_API_KEY is not set' }));
    expect(chain.encodeError).toBeDefined();
    expect(chain.sinkIds).toEqual([]);
    expect(opened).toEqual([]);
  });

  it('names the entry that cannot be prepared and closes the sinks and observers opened before it', () => {
    let closed = 0;
    const observer: Observer = Object.assign(() => {}, {
      close: async () => {
        closed += 1;
      },
    });
    const sink: Sink = {
      write: async () => {},
      close: async () => {
        closed += 1;
      },
    };
    const broken: GatewayPlugin = {
      handler: () => {
        throw new Error('no such file');
      },
    };
    expect(() =>
      registry(
        [plugin('log'), plugin('broken')],
        [installed('log', 1, { sink: () => sink, observer: () => observer }), installed('broken', 2, broken)],
      ),
    ).toThrow('tidegate.yaml:1: plugin "broken" refused its configuration: no such file');
    expect(closed).toBe(2);
    expect(() => registry([plugin('unknown')], [])).toThrow('tidegate.yaml:1: plugin "unknown" is not installed');
  });
});

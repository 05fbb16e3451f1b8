import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { GatewayError } from './errors.js';
import type { LifecycleEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { PluginEntity } from './entities.js';
import type { Sink } from './sink.js';

/** A step of the request path. Call `next` to go on; not calling it means that this step has answered. */
export type Handler = (exchange: Exchange, next: () => Promise<void>) => Promise<void>;

/** Turns an error into the client's own body. `status` and `headers` may differ from the error's own. */
export type ErrorEncoder = (
  error: GatewayError,
  exchange: Pick<Exchange, 'id' | 'requestId'>,
) => { status: number; headers: Readonly<Record<string, string>>; body: string };

export interface Observer {
  (event: LifecycleEvent): void;
  /** Called once, after the last exchange of its configuration; what is still to be sent is sent now. */
  close?(): Promise<void>;
}

export interface PluginMetadata<Schema extends z.ZodType = z.ZodType> {
  /** The name in the declarative file; Kong's where Kong has the plugin. */
  readonly name: string;
  /** Higher runs first in the request path (Kong's numbers, docs/plugins.md). */
  readonly priority: number;
  /** Schema of the `config` block. Every field described, units named: it is the documentation. */
  readonly config: Schema;
  /** Dotted paths below `config` where a `{vault://…}` reference may stand. Default: every string. */
  readonly referenceable?: readonly string[];
}

/**
 * A plugin is a Nest injectable that offers one or more of these. Each is called once per `plugins` entry and configuration
 * snapshot; what it returns serves every exchange in the entry's scope, which the registry works out.
 */
export interface GatewayPlugin<Config = unknown> {
  /** A step of the request path. */
  handler?(config: Config, entity: PluginEntity<Config>): Handler;
  /** A durable destination of the records in scope. */
  sink?(config: Config, entity: PluginEntity<Config>): Sink;
  /** A live, synchronous, cheap listener to the events in scope. */
  observer?(config: Config, entity: PluginEntity<Config>): Observer;
  /** Says how errors look to this plugin's clients. */
  errorEncoder?(config: Config): ErrorEncoder;
  /** Problems that the schema cannot see, e.g. two fields that exclude each other. Path below `config`. */
  check?(config: Config): readonly { path: readonly (string | number)[]; message: string }[];
}

export type PluginClass = new (...args: never[]) => GatewayPlugin;

const PLUGIN_METADATA = Symbol.for('tidegate.plugin');

/** Marks a class as a plugin: `@Plugin({ name: 'my-log', priority: 8, config: z.strictObject({…}) })`. */
export function Plugin(metadata: PluginMetadata): <T extends PluginClass>(target: T) => T {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(PLUGIN_METADATA, metadata, target);
    return target;
  };
}

/** The metadata of a class marked with `@Plugin`, or undefined. */
export function pluginMetadata(target: unknown): PluginMetadata | undefined {
  return typeof target === 'function'
    ? (Reflect.getMetadata(PLUGIN_METADATA, target) as PluginMetadata | undefined)
    : undefined;
}

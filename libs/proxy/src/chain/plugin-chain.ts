import type { ErrorEncoder, Exchange, Handler, Observer, PluginEntity } from '#libs/plugin-api';

/** A `plugins` entry made ready to work. */
export interface PreparedPlugin {
  readonly entity: PluginEntity;
  readonly priority: number;
  readonly handler: Handler | undefined;
  readonly observer: Observer | undefined;
  readonly encodeError: ErrorEncoder | undefined;
  /** Whether the entry has a sink. */
  readonly sinks: boolean;
}

/** A plugin's place in the request path. */
export interface Step {
  readonly name: string;
  readonly priority: number;
  readonly handler: Handler;
}

/** What the plugins of one scope do to an exchange. Immutable, shared by all exchanges of the scope. */
export class PluginChain {
  /** Every entry that applies, in the order they run. */
  readonly entities: readonly PluginEntity[];
  readonly steps: readonly Step[];
  readonly observers: readonly Observer[];
  /** Ids of the entries whose sinks get the exchange's record. */
  readonly sinkIds: readonly string[];
  /** How errors look to the clients of this scope; the plugin that runs first and has a say decides. */
  readonly encodeError: ErrorEncoder | undefined;

  /** @param plugins in any order, one per plugin name */
  constructor(plugins: readonly PreparedPlugin[]) {
    const ordered = plugins.toSorted((a, b) => order(a.priority, a.entity.name, b.priority, b.entity.name));
    this.entities = ordered.map(({ entity }) => entity);
    this.steps = ordered.flatMap(({ entity: { name }, priority, handler }) =>
      handler ? [{ name, priority, handler }] : [],
    );
    this.observers = ordered.flatMap(({ observer }) => observer ?? []);
    this.sinkIds = ordered.filter(({ sinks }) => sinks).map(({ entity }) => entity.id);
    this.encodeError = ordered.find(({ encodeError }) => encodeError)?.encodeError;
  }

  /** Index of the first step that comes after `step`, which may belong to another chain. */
  indexAfter(step: Step): number {
    const index = this.steps.findIndex((other) => order(step.priority, step.name, other.priority, other.name) < 0);
    return index === -1 ? this.steps.length : index;
  }
}

/** Higher priorities first; of equal ones the later name, as in Kong. */
function order(priorityA: number, nameA: string, priorityB: number, nameB: string): number {
  if (priorityA !== priorityB) return priorityB - priorityA;
  if (nameA === nameB) return 0;
  return nameA > nameB ? -1 : 1;
}

/** An exchange that walks through a chain; `chain` changes when a plugin finds out who the consumer is. */
export interface Walker extends Exchange {
  readonly chain: PluginChain;
}

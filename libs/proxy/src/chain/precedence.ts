import type { PluginEntity } from '#libs/plugin-api';

/** What a plugin entry may be bound to: ids, undefined where the exchange has none. */
export interface ScopeIds {
  readonly route: string | undefined;
  readonly service: string | undefined;
  readonly consumer: string | undefined;
}

type Binding = readonly (keyof ScopeIds)[];

/** Most specific first, as Kong's documentation orders them ("Plugin precedence"), without consumer groups. */
const ORDER: readonly Binding[] = [
  ['consumer', 'route', 'service'],
  ['consumer', 'route'],
  ['consumer', 'service'],
  ['route', 'service'],
  ['consumer'],
  ['route'],
  ['service'],
  [],
];

/** The entries of one plugin name, found by what they are bound to. */
export class Precedence<Entry extends { readonly entity: PluginEntity }> {
  private readonly entries = new Map<string, Entry>();

  /** Of two entries with the same binding the first one added counts. */
  add(entry: Entry): void {
    const key = bindingKey(ORDER[0] ?? [], {
      route: entry.entity.route?.id,
      service: entry.entity.service?.id,
      consumer: entry.entity.consumer?.id,
    });
    if (!this.entries.has(key)) this.entries.set(key, entry);
  }

  /** The one entry that runs in this scope, if any does. */
  winner(ids: ScopeIds): Entry | undefined {
    for (const binding of ORDER) {
      if (binding.some((kind) => ids[kind] === undefined)) continue;
      const entry = this.entries.get(bindingKey(binding, ids));
      if (entry) return entry;
    }
    return undefined;
  }
}

function bindingKey(binding: Binding, ids: ScopeIds): string {
  const part = (kind: keyof ScopeIds): string => (binding.includes(kind) ? (ids[kind] ?? '') : '');
  return `${part('consumer')} ${part('route')} ${part('service')}`;
}

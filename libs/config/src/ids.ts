import { createHash } from 'node:crypto';

/** The workspace of everything that is declared in a file, as Kong has it without a database. */
export const DEFAULT_WORKSPACE_ID = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

/** Kong's root namespace (`kong/db/schema/others/declarative_config.lua`); each kind of entity has its own below it. */
const ENTITIES_NAMESPACE = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';

/** The id of an entity that has none in the file: the same at every load and on every node, and the one Kong gives. */
export function entityId(kind: string, key: string): string {
  return uuidV5(uuidV5(ENTITIES_NAMESPACE, kind), key);
}

/** RFC 9562, section 5.5: the name-based UUID with SHA-1. */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

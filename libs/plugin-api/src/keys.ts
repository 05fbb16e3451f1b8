/** Secrets that the gateway makes at its first start and keeps in its data directory; a Nest injectable. */
export abstract class GatewayKeys {
  /** 32 random bytes, the same ones for a name at every start. */
  abstract key(name: string): Buffer;
}

/** This gateway, as telemetry names it; a Nest injectable. */
export abstract class GatewayNode {
  /** The same over restarts; tells nothing about the machine. */
  abstract readonly id: string;
  abstract readonly version: string;
}

/** Types of broker.mjs, which is no TypeScript because `npm run kafka` runs it as it is. */

export type Ports = Readonly<Record<'controller' | 'plain' | 'sasl' | 'tls' | 'mutual' | 'proxied', number>>;

export interface ClusterPlace {
  readonly id: string;
  /** The broker's number, from 1 on. */
  readonly node: number;
  /** Of Kafka's `controller.quorum.voters`. */
  readonly voters: string;
}

export interface BrokerOptions {
  /** Fixed ports; default: free ones. */
  readonly ports?: Partial<Ports>;
  /** Its place in a cluster; without it the broker stands alone. */
  readonly cluster?: ClusterPlace;
  /** Java's `-Xmx`; default `384m`. */
  readonly heap?: string;
  /** A listener for PLAIN and SCRAM with this user. */
  readonly sasl?: { readonly user: string; readonly password: string; readonly plainPassword?: string };
  /** Two listeners with this certificate, PEM, which also says whom they trust; one of them wants a certificate of its clients. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** A listener that the broker tells its clients under this `host:port`. */
  readonly proxiedAs?: string;
  /** More of `server.properties`. */
  readonly properties?: Readonly<Record<string, string>>;
}

export class KafkaBroker {
  /** Resolves when it takes requests. */
  static start(options?: BrokerOptions): Promise<KafkaBroker>;
  /** `host:port` of the listeners. */
  readonly plain: string;
  readonly sasl: string;
  readonly tls: string;
  readonly mutualTls: string;
  /** Where the broker really listens for those who have been told `proxiedAs`. */
  readonly proxied: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, with the data it had. */
  run(changes?: BrokerOptions): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

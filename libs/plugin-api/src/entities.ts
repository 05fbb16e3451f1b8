/** Kong's entities as the gateway holds them: validated, defaults filled in, frozen. Times in ms unless named otherwise. */

export interface ServiceEntity {
  readonly id: string;
  readonly name?: string;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly retries: number;
  /** Milliseconds. */
  readonly connect_timeout: number;
  /** Milliseconds between two writes. */
  readonly write_timeout: number;
  /** Milliseconds between two reads. */
  readonly read_timeout: number;
  readonly enabled: boolean;
  readonly tags?: readonly string[];
  readonly tls_verify?: boolean;
  readonly ws_id: string;
  /** Unix seconds. */
  readonly created_at: number;
  readonly updated_at: number;
}

export interface RouteEntity {
  readonly id: string;
  readonly name?: string;
  readonly protocols: readonly string[];
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  /** `/prefix` or `~/regex`. */
  readonly paths?: readonly string[];
  /** Lower-case name → accepted values. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly regex_priority: number;
  readonly strip_path: boolean;
  readonly path_handling: 'v0' | 'v1';
  readonly preserve_host: boolean;
  readonly request_buffering: boolean;
  readonly response_buffering: boolean;
  readonly https_redirect_status_code: number;
  readonly tags?: readonly string[];
  readonly service?: { readonly id: string };
  readonly ws_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface ConsumerEntity {
  readonly id: string;
  readonly username?: string;
  readonly custom_id?: string;
  readonly tags?: readonly string[];
  readonly created_at: number;
  readonly updated_at: number;
}

/** A `plugins` entry. `config` has passed the plugin's own schema; its type is the schema's output. */
export interface PluginEntity<Config = unknown> {
  readonly id: string;
  readonly name: string;
  readonly instance_name?: string;
  readonly enabled: boolean;
  readonly protocols?: readonly string[];
  readonly tags?: readonly string[];
  readonly service?: { readonly id: string };
  readonly route?: { readonly id: string };
  readonly consumer?: { readonly id: string };
  readonly config: Config;
  /** Where the entry stands: `FILE:LINE`, for messages to the operator. */
  readonly position: string;
}

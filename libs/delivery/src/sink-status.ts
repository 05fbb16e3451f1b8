/** What is known of a sink's work. Counts are since it was attached. */
export interface SinkStatus {
  /** Id of the `plugins` entry. */
  readonly id: string;
  readonly name: string;
  /** Records in line. */
  readonly depth: number;
  /** Bytes of their JSON. */
  readonly bytes: number;
  /** Records that the far side has. */
  readonly delivered: number;
  /** Writes that did not succeed. */
  readonly failed: number;
  /** Writes that repeated one that did not succeed. */
  readonly retried: number;
  /** Records lost: there was no room for them, or they could not be read or set aside any more. */
  readonly dropped: number;
  /** Records that the sink has refused for good. */
  readonly dead: number;
  /** Of these and of earlier processes: records on disk that wait for `tidegate dead-letters`. */
  readonly deadLetters: number;
  /** Of the last write that did not succeed; free of secrets. */
  readonly lastError: string | undefined;
  /** ISO 8601; undefined while writes succeed. */
  readonly failingSince: string | undefined;
  /** Age of the oldest record in line. */
  readonly lagSeconds: number;
}

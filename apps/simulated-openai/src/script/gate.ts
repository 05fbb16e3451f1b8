/**
 * A point in a scripted reply that is passed only when the test opens it. `reached` resolves when the reply has come to the
 * gate, thus after everything before it has been handed to the socket.
 */
export class Gate {
  readonly reached: Promise<void>;
  readonly opened: Promise<void>;
  private arrive!: () => void;
  private release!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.arrive = resolve));
    this.opened = new Promise((resolve) => (this.release = resolve));
  }

  /** Lets the reply go on, now or when it gets here. */
  open(): void {
    this.release();
  }

  /** For the one that delivers the reply. */
  pass(): Promise<void> {
    this.arrive();
    return this.opened;
  }
}

export const gate = (): Gate => new Gate();

/** Something a reply does between two writes. */
export type Pause =
  | Gate
  /** Milliseconds of silence. */
  | { readonly kind: 'sleep'; readonly ms: number }
  /** One turn of the event loop, so that the next write leaves in a packet of its own. */
  | { readonly kind: 'turn' };

export const isPause = (value: object): value is Pause => value instanceof Gate || 'kind' in value;

/** How a reply may end other than regularly. */
export type Ending =
  /** Closes the connection behind what has been written, in the middle of the transfer. */
  | { readonly kind: 'cut' }
  /** The same with a TCP reset. */
  | { readonly kind: 'reset' }
  /** Nothing more, and no end, until the client leaves. */
  | { readonly kind: 'silence' };

/** One step of a body: bytes to write (strings are UTF-8), a pause or an abnormal end. */
export type Step = string | Buffer | Pause | Ending;

export const sleep = (ms: number): Pause => ({ kind: 'sleep', ms });
export const turn: Pause = { kind: 'turn' };
export const cut: Ending = { kind: 'cut' };
export const reset: Ending = { kind: 'reset' };
export const silence: Ending = { kind: 'silence' };

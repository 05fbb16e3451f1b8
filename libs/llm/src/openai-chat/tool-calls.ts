import type { CanonicalStream } from '../canonical/stream.js';
import { fromJsonText, toJsonText, type JsonText } from '../canonical/text.js';
import { ObjectEndScanner } from '../canonical/tool-arguments.js';
import { isRecord, text, type JsonRecord } from '../json.js';
import { argumentsText } from './message-parts.js';

/** One call while its pieces come in. */
export interface PendingCall {
  readonly key: number;
  id: string;
  name: string;
  /** Arguments that came before the call could be opened. */
  held: JsonText;
  hasArguments: boolean;
  opened: boolean;
  /** The upstream has no ids for calls: do not wait for one. */
  readonly anonymous: boolean;
  /** Only for servers that repeat the name: tells a repetition from a second call. */
  scanner: ObjectEndScanner | undefined;
}

const NOTHING = '' as JsonText;

/**
 * Puts tool calls together out of the `tool_calls` of chunks. OpenAI sends id and name first and then the arguments under
 * the same index; others send whole calls, all under index 0, or no index, or the name late, in pieces or every time.
 * A call is opened when its name can no longer change: when its arguments begin, or the next call does.
 */
export class ToolCallAssembler {
  readonly #calls: PendingCall[] = [];
  readonly #byIndex = new Map<number, PendingCall>();
  readonly #byId = new Map<string, PendingCall>();

  constructor(private readonly target: CanonicalStream) {}

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Whether a call has come without any arguments: without a finish reason it may have been cut off there. */
  get hasBareCall(): boolean {
    return this.#calls.some((call) => !call.hasArguments);
  }

  /**
   * @param entry of `tool_calls`. @param position of the entry in its chunk.
   * @returns the call when the entry did nothing but add arguments to it.
   */
  add(entry: JsonRecord, position: number): PendingCall | undefined {
    const fn = isRecord(entry['function']) ? entry['function'] : {};
    const index = entry['index'];
    const place = typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : undefined;
    return this.#add({ index: place, id: text(entry['id']), fn, position, anonymous: false });
  }

  /** The `function_call` of OpenAI's old interface: one call, no id. */
  addLegacy(fn: JsonRecord): PendingCall | undefined {
    return this.#add({ index: 0, id: '', fn, position: 0, anonymous: true });
  }

  /**
   * The answer is complete: opens what could not be opened so far.
   * @returns false when a call has no name.
   */
  flush(): boolean {
    const unopened = this.#calls.filter((call) => !call.opened).toSorted((a, b) => a.key - b.key);
    if (unopened.some((call) => call.name === '')) return false;
    for (const call of unopened) this.#open(call);
    return true;
  }

  #add(piece: Piece): PendingCall | undefined {
    const name = text(piece.fn['name']);
    const delta = toJsonText(argumentsText(piece.fn['arguments']));
    const known = this.#find(piece, name);
    const call = known ?? this.#create(piece);
    const wasOpen = call.opened;
    if (call.id === '' && piece.id !== '') {
      call.id = piece.id;
      this.#byId.set(piece.id, call);
    }
    if (!call.hasArguments && call.name !== name) call.name += name;
    if (delta === '') return undefined;
    call.hasArguments = true;
    if (name !== '') (call.scanner ??= new ObjectEndScanner()).feed(fromJsonText(delta));
    if (call.opened) this.target.toolDelta(call.key, delta);
    else {
      call.held = (call.held + delta) as JsonText;
      if (call.name !== '' && (call.id !== '' || call.anonymous)) this.#open(call);
    }
    return wasOpen && name === '' ? call : undefined;
  }

  /** The call a piece belongs to, or undefined when it begins a new one. */
  #find({ index, id, position }: Piece, name: string): PendingCall | undefined {
    const call = this.#candidate(index, id);
    if (call === undefined) return undefined;
    if (id !== '' && call.id !== '' && id !== call.id) return undefined;
    if (name === '' || id !== '') return call;
    if (index === undefined && position > 0) return undefined;
    const another = call.hasArguments && (name !== call.name || call.scanner?.complete === true);
    return another ? undefined : call;
  }

  #candidate(index: number | undefined, id: string): PendingCall | undefined {
    if (index !== undefined) return this.#byIndex.get(index);
    return id === '' ? this.#calls.at(-1) : this.#byId.get(id);
  }

  #create({ index, id, anonymous }: Piece): PendingCall {
    // The names of earlier calls are complete now.
    for (const call of this.#calls) {
      if (!call.opened && call.name !== '' && (call.id !== '' || call.anonymous)) this.#open(call);
    }
    const isFree = index !== undefined && this.#calls.every((call) => call.key !== index);
    const call: PendingCall = {
      key: isFree ? index : 1 + Math.max(-1, ...this.#calls.map(({ key }) => key)),
      id,
      name: '',
      held: NOTHING,
      hasArguments: false,
      opened: false,
      anonymous,
      scanner: undefined,
    };
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    if (id !== '') this.#byId.set(id, call);
    return call;
  }

  #open(call: PendingCall): void {
    call.opened = true;
    this.target.toolOpen(call.key, call.id, call.name);
    if (call.held !== '') this.target.toolDelta(call.key, call.held);
    call.held = NOTHING;
  }
}

interface Piece {
  readonly index: number | undefined;
  readonly id: string;
  readonly fn: JsonRecord;
  readonly position: number;
  readonly anonymous: boolean;
}

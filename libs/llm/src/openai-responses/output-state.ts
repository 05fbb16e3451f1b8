import { fromJsonText, type JsonText } from '../canonical/text.js';
import { text, type JsonRecord } from '../json.js';

const NOTHING = '' as JsonText;

/** How much of a text has been passed on, without keeping it. */
export class Written {
  /** In chars of `JsonText`. */
  length = 0;
  /** Citations passed on. */
  citations = 0;
  /** Nothing more is taken. */
  closed = false;
  #last = NOTHING;

  add(delta: JsonText): void {
    this.length += delta.length;
    this.#last = delta;
  }

  /** What is left of the whole text; nothing when it is not a longer form of what has been passed on. */
  restOf(whole: JsonText): JsonText {
    if (whole.length <= this.length || !whole.slice(0, this.length).endsWith(this.#last)) return NOTHING;
    const rest = whole.slice(this.length) as JsonText;
    return this.length === 0 || isWhole(rest) ? rest : NOTHING;
  }
}

/** Whether the cut did not go through an escape. */
function isWhole(rest: JsonText): boolean {
  try {
    fromJsonText(rest);
    return true;
  } catch {
    return false;
  }
}

/** One item of the output while it comes in. */
export class OutputItem {
  /** Reasoning: the event type its text comes in; the first one counts. */
  channel: string | undefined;
  /** Reasoning: the part of the summary that is being written. */
  index = 0;
  /** Calls: reported to the client. */
  opened = false;
  /** Calls: arguments that came before the name. */
  held = NOTHING;
  /** All of it has been passed on. */
  settled = false;
  /** The reasoning or the arguments. */
  readonly whole = new Written();
  readonly #parts: Written[] = [];

  constructor(
    /** Its place in the output. */
    readonly key: number,
  ) {}

  /** The part of a message that an event speaks of. */
  part({ content_index: index }: JsonRecord): Written {
    return (this.#parts[typeof index === 'number' && index >= 0 && index < MOST_PARTS ? index : 0] ??= new Written());
  }
}

const MOST_PARTS = 10_000;

/** The items by their place in the output, or by their id for servers that do not tell the place. */
export class OutputItems {
  readonly #byIndex = new Map<number, OutputItem>();
  readonly #byId = new Map<string, OutputItem>();

  /** Arguments have come for a call whose name has not. */
  get hasNameless(): boolean {
    return [...this.#byIndex.values(), ...this.#byId.values()].some(
      ({ held, opened, settled }) => held !== '' && !opened && !settled,
    );
  }

  /** The item that an event speaks of. */
  of(event: JsonRecord): OutputItem {
    const { output_index: index, item } = event;
    const id = text(event['item_id']) || text((item as JsonRecord | undefined)?.['id']);
    return typeof index === 'number' ? this.#at(index, id) : this.#named(id);
  }

  /** An item of the complete output. Events that named only ids have left it under its id. */
  at(index: number, id: string): OutputItem {
    return this.#byIndex.get(index) ?? this.#byId.get(id) ?? this.#at(index, id);
  }

  #at(index: number, id: string): OutputItem {
    let item = this.#byIndex.get(index);
    if (!item) this.#byIndex.set(index, (item = new OutputItem(index)));
    if (id !== '' && !this.#byId.has(id)) this.#byId.set(id, item);
    return item;
  }

  #named(id: string): OutputItem {
    let item = this.#byId.get(id);
    if (!item) this.#byId.set(id, (item = new OutputItem(UNPLACED + this.#byId.size)));
    return item;
  }
}

/** Keys of items without a place, behind all that have one. */
const UNPLACED = 1_000_000;

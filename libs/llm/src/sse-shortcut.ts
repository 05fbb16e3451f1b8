import { fromJsonText, toJsonText, type JsonText } from './canonical/text.js';
import type { JsonRecord } from './json.js';
import { SseTemplate, type Hole } from './sse-template.js';

/** Templates learned without ever being used, before no more are; each use earns some more. */
const FREE_LESSONS = 4;
const USES_PER_LESSON = 4;

/** Remembers the shape of the event that came last, and takes those that come after it with other words without parsing them. */
export class RepeatedShape<Effect> {
  #template: SseTemplate | undefined;
  #effect: Effect | undefined;
  #lessons = 0;
  #uses = 0;

  /** @param apply what an event did, done again with other words. */
  constructor(private readonly apply: (effect: Effect, delta: JsonText) => void) {}

  /**
   * @param raw the event's own bytes; undefined when it came in several reads. @param holes what differs from event to event,
   * first of all the words.
   */
  learn(raw: string | undefined, data: string, event: JsonRecord, holes: readonly Hole[], effect: Effect): void {
    if (raw === undefined || this.#lessons > FREE_LESSONS + this.#uses / USES_PER_LESSON) return;
    this.#lessons++;
    this.#template = SseTemplate.learn(raw, data, event, holes);
    this.#effect = effect;
  }

  /** Takes events of that shape. @returns the position after them. */
  skim(bytes: string, from: number): number {
    const template = this.#template;
    const effect = this.#effect;
    if (template === undefined || effect === undefined) return from;
    let at = from;
    for (;;) {
      const next = template.match(bytes, at);
      // An empty value is left to the parser: a delta that says nothing may still say something else.
      if (next === -1 || template.start === template.end) return at;
      at = next;
      this.#uses++;
      const slice = bytes.slice(template.start, template.end) as JsonText;
      // Whether an event is skimmed depends on where the network cut it; the client must not see a difference.
      this.apply(effect, template.unusual ? toJsonText(fromJsonText(slice)) : slice);
    }
  }
}

import type { Remedy } from './canonical/error.js';
import type { Capabilities, CapabilityOverrides, Dialect } from './capabilities.js';
import { overridden, taught } from './capability-changes.js';
import { factsOf } from './capability-data.js';

const NO_OVERRIDES: CapabilityOverrides = {};

/** Models whose lessons are remembered; the least recently taught is forgotten first. */
const MOST_MODELS = 256;
const MOST_LESSONS_PER_MODEL = 64;

interface Answer {
  readonly capabilities: Capabilities;
  /** The lessons that went into it. */
  readonly lessons: readonly Remedy[] | undefined;
}

/**
 * Says what a model can do: a data table by name, corrected by the operator, corrected by the refusals of the upstream.
 * One instance serves one upstream account; a lesson holds until the process ends.
 */
export class CapabilityTable {
  /** By model; the list is replaced when it grows, so its identity tells whether an answer is still true. */
  readonly #lessons = new Map<string, readonly Remedy[]>();
  readonly #answers = new WeakMap<CapabilityOverrides, Map<string, Answer>>();

  /** Cheap when asked again: the same object is returned until `learn` teaches something new about the model. */
  for(model: string, dialect: Dialect, overrides: CapabilityOverrides = NO_OVERRIDES): Capabilities {
    let answers = this.#answers.get(overrides);
    if (!answers) this.#answers.set(overrides, (answers = new Map<string, Answer>()));
    const lessons = this.#lessons.get(model);
    const key = `${dialect} ${model}`;
    const known = answers.get(key);
    if (known && known.lessons === lessons) return known.capabilities;

    const base = overridden(factsOf(model, dialect), overrides);
    const capabilities = Object.freeze((lessons ?? []).reduce(taught, base));
    // The names may come from clients.
    if (answers.size >= MOST_MODELS) answers.clear();
    answers.set(key, { capabilities, lessons });
    return capabilities;
  }

  /**
   * Takes a remedy that turned a refusal of this model into an answer. Teaching the same again changes nothing, except that
   * a tool refused twice is left out from then on instead of being sent with an open schema.
   */
  learn(model: string, remedy: Remedy): void {
    if (remedy.kind === 'retry') return;
    const lessons = this.#lessons.get(model) ?? [];
    const text = JSON.stringify(remedy);
    const times = lessons.filter((known) => JSON.stringify(known) === text).length;
    if (times >= (remedy.kind === 'relax_tool' ? 2 : 1) || lessons.length >= MOST_LESSONS_PER_MODEL) return;
    this.#lessons.delete(model);
    this.#lessons.set(model, [...lessons, remedy]);
    const [oldest] = this.#lessons.keys();
    if (this.#lessons.size > MOST_MODELS && oldest !== undefined) this.#lessons.delete(oldest);
  }
}

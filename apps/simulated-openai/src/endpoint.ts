import type { PromptCache } from './prompt-cache.js';
import type { ReasoningSeals } from './responses/reasoning-seals.js';
import type { HttpReply, ModelReply, ReplyScript } from './script/script.js';

/** What all requests to one simulation share. */
export interface House {
  /** Refuses what the real API refuses. */
  readonly strict: boolean;
  /** Milliseconds between two pieces of an improvised stream. */
  readonly paceMs: number;
  readonly cache: PromptCache;
  readonly seals: ReasoningSeals;
}

/** A request that has been let in. */
export interface Admitted {
  /** The name that the bill goes to when the reply names no model. */
  readonly model: string;
  /** The answer when nobody has scripted one. */
  improvise(): ReplyScript;
  /** A model's words in the form of this endpoint. */
  render(reply: ModelReply): HttpReply;
}

/**
 * One path of the API.
 * @throws ApiError when the real endpoint would refuse the body
 */
export type Endpoint = (body: unknown, house: House) => Admitted;

import { LlmError } from '#libs/llm';

export interface ListedModel {
  /** Name under which the upstream knows it. */
  readonly name: string;
  /** Unix seconds; undefined: not known. */
  readonly created?: number | undefined;
  readonly contextWindow?: number | undefined;
  readonly maxOutput?: number | undefined;
}

/** Claude Code's model discovery passes over ids without `claude` or `anthropic` in them. */
const DISCOVERABLE_PREFIX = 'claude-gw-';

/** The id under which an Anthropic client sees a model. */
export function discoverableId(name: string): string {
  return /claude|anthropic/i.test(name) ? name : DISCOVERABLE_PREFIX + name;
}

/** A model name as a client may send it → the upstream’s name. */
export function modelOfId(id: string): string {
  return id.startsWith(DISCOVERABLE_PREFIX) ? id.slice(DISCOVERABLE_PREFIX.length) : id;
}

export function anthropicModelList(models: readonly ListedModel[]): string {
  const data = models.map(anthropicModel);
  return JSON.stringify({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
}

/** @throws LlmError 404 for a model that is not served here. */
export function anthropicModelEntry(models: readonly ListedModel[], id: string): string {
  return JSON.stringify(anthropicModel(find(models, id)));
}

export function openAiModelList(models: readonly ListedModel[]): string {
  return JSON.stringify({ object: 'list', data: models.map(openAiModel) });
}

/** @throws LlmError 404 for a model that is not served here. */
export function openAiModelEntry(models: readonly ListedModel[], id: string): string {
  return JSON.stringify(openAiModel(find(models, id)));
}

function find(models: readonly ListedModel[], id: string): ListedModel {
  const model = models.find(({ name }) => name === modelOfId(id) || name === id);
  if (!model) throw new LlmError(`model: ${id.slice(0, 256)}`, { status: 404, type: 'not_found_error' });
  return model;
}

function anthropicModel({ name, created = 0, contextWindow, maxOutput }: ListedModel) {
  return {
    type: 'model',
    id: discoverableId(name),
    display_name: name,
    created_at: new Date(created * 1000).toISOString(),
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: contextWindow ?? null,
    max_tokens: maxOutput ?? null,
    retires_at: null,
  };
}

function openAiModel({ name, created = 0 }: ListedModel) {
  return { id: name, object: 'model', created, owned_by: 'tidegate' };
}

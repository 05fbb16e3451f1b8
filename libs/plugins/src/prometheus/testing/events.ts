import type { AiFacts, AiRecord, GatewayError, LifecycleEvent, LogRecord } from '#libs/plugin-api';

type Finished = Extract<LifecycleEvent, { type: 'exchange.finished' }>;

export function aiFacts(changes: Partial<AiFacts> = {}): AiFacts {
  return {
    pluginId: 'p',
    provider: 'openai',
    requestModel: 'gpt-5-mini',
    clientModel: undefined,
    responseModel: 'gpt-5-mini-2025-08-07',
    mode: 'stream',
    from: 'anthropic',
    to: 'openai-chat',
    lossy: [],
    startedMono: 1000,
    firstContentMono: 2000,
    finishedMono: 3000,
    usage: {
      prompt_tokens: 100,
      completion_tokens: 11,
      total_tokens: 111,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 5, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 4,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
        audio_tokens: 0,
      },
    },
    estimated: false,
    cost: 0.5,
    priceSource: undefined,
    stopReason: 'tool_use',
    toolCalls: [],
    upstreamError: undefined,
    payload: undefined,
    logStatistics: true,
    ...changes,
  };
}

interface Exchange {
  readonly id?: string;
  readonly ai?: AiFacts | undefined;
  readonly agent?: { client: string; request_class: string };
  readonly tries?: readonly object[];
  readonly error?: GatewayError;
  readonly record?: object;
}

/** The end of an exchange on route `claude` of service `svc`. */
export function finished({ id = 'req_1', ai, agent, tries = [], error, record = {} }: Exchange = {}): Finished {
  const exchange = { id, ai, agent, tries };
  const whole = {
    request: { size: 300 },
    response: { status: 200, size: 4000 },
    latencies: { kong: 3, proxy: 40, request: 2100, receive: 2000 },
    service: { name: 'svc' },
    route: { name: 'claude' },
    consumer: { username: 'ann' },
    source: 'upstream',
    workspace_name: 'default',
    ...(ai && { ai: aiRecord(ai) }),
    exchange: { id, node: 'n', seq: 1, outcome: 'completed' },
    ...record,
  } as unknown as LogRecord;
  return { type: 'exchange.finished', exchange, at: 3001, record: whole, error } as unknown as Finished;
}

function aiRecord({ requestModel, provider, mode, pluginId, usage, cost }: AiFacts): Pick<AiRecord, 'meta' | 'usage'> {
  return {
    meta: {
      request_model: requestModel,
      response_model: requestModel,
      provider_name: provider,
      request_mode: mode,
      llm_latency: 2000,
      plugin_id: pluginId,
    },
    usage: {
      ...(usage as NonNullable<typeof usage>),
      time_per_token: 0,
      time_to_first_token: 0,
      cost,
      estimated: false,
    },
  };
}

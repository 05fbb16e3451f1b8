import type { Attributes } from '@opentelemetry/api';
import type { TokenUsage } from '#libs/plugin-api';
import { serverOf, type AttemptResult } from '../spans/attempts.js';
import { timeToFirstChunk, type ModelCall } from '../spans/model-call.js';
import { BoundedNames } from './bounded-names.js';
import type { HistogramCell, HistogramMetric, MetricStore, SumCell, SumMetric } from './metric-store.js';

/** Seconds; the conventions' powers of two from 0.01 on, continued beyond their 81.92: agents wait for minutes. */
const SECONDS = Array.from({ length: 18 }, (_, power) => 0.01 * 2 ** power);
/** Tokens: powers of four. */
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** Series beyond this many share one, as in the SDK. */
const MOST_SERIES = 2000;

/** The series of one combination of attributes, each made when it is first needed. */
interface Series {
  readonly attributes: Attributes;
  duration: HistogramCell;
  firstChunk: HistogramCell | undefined;
  tokens: TokenSeries | undefined;
  cost: SumCell | undefined;
  failed: readonly SumCell[] | undefined;
}

interface TokenSeries {
  readonly input: Counted;
  readonly output: Counted;
  readonly cacheRead: SumCell;
  readonly cacheWrite: SumCell;
  readonly reasoning: SumCell;
  readonly inputs: HistogramCell;
  readonly outputs: HistogramCell;
}

/** Tokens of one direction by modality. */
interface Counted {
  readonly text: SumCell;
  audio: SumCell | undefined;
}

const MODALITY = 'gen_ai.token.modality';

/** The GenAI conventions' metrics of a client of models, and Kong's `kong.gen_ai.llm.cost`. */
export class GenAiMetrics {
  private readonly duration: HistogramMetric;
  private readonly firstChunk: HistogramMetric;
  private readonly inputs: HistogramMetric;
  private readonly outputs: HistogramMetric;
  private readonly input: SumMetric;
  private readonly output: SumMetric;
  private readonly cacheRead: SumMetric;
  private readonly cacheWrite: SumMetric;
  private readonly reasoning: SumMetric;
  private readonly cost: SumMetric;
  private readonly series = new Map<string, Series>();
  private readonly models = new BoundedNames();
  private readonly responseModels = new BoundedNames();
  private overflow: Series | undefined;

  constructor(store: MetricStore) {
    const prefix = 'gen_ai.client.inference';
    const tokens = (name: string, what: string): SumMetric => store.sum(`${prefix}.usage.${name}`, '{token}', what);
    this.duration = store.histogram(`${prefix}.duration`, 's', 'Duration of a request to a model', SECONDS);
    this.firstChunk = store.histogram(
      `${prefix}.time_to_first_chunk`,
      's',
      'From a request to the first content of its stream',
      SECONDS,
    );
    this.input = tokens('input_tokens', 'Input tokens, cached ones included');
    this.output = tokens('output_tokens', 'Output tokens, reasoning included');
    this.cacheRead = tokens('cache_read.input_tokens', 'Input tokens read from the cache');
    this.cacheWrite = tokens('cache_write.input_tokens', 'Input tokens written to the cache');
    this.reasoning = tokens('reasoning.output_tokens', 'Output tokens of reasoning');
    this.inputs = store.histogram(`${prefix}.operation.input_tokens`, '{token}', 'Input tokens of a request', TOKENS);
    this.outputs = store.histogram(
      `${prefix}.operation.output_tokens`,
      '{token}',
      'Output tokens of a request',
      TOKENS,
    );
    this.cost = store.sum('kong.gen_ai.llm.cost', '{cost}', 'Cost in USD of requests with a known price');
  }

  count(call: ModelCall, result: AttemptResult): void {
    const { attempt, endedMono, last } = result;
    const series = this.seriesOf(call, result);
    series.duration.record((endedMono - attempt.startedMono) / 1000);
    const { usage, cost } = call.facts;
    if (last && usage) {
      const firstChunk = timeToFirstChunk(call, attempt.startedMono);
      if (firstChunk !== undefined) this.firstChunkOf(series).record(firstChunk);
      this.countTokens((series.tokens ??= this.tokenSeries(series.attributes)), usage, series.attributes);
      if (cost !== null) (series.cost ??= this.cost.cell(series.attributes)).add(cost);
    } else {
      // A call without usage counts as 0 of an unknown kind, so that its series exists.
      series.failed ??= [this.input, this.output].map((sum) =>
        sum.cell({ ...series.attributes, [MODALITY]: 'unknown' }),
      );
    }
  }

  private firstChunkOf(series: Series): HistogramCell {
    return (series.firstChunk ??= this.firstChunk.cell(series.attributes));
  }

  private countTokens(cells: TokenSeries, usage: TokenUsage, attributes: Attributes): void {
    const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
    this.countKind(this.input, cells.input, usage.prompt_tokens, prompt.audio_tokens, attributes);
    this.countKind(this.output, cells.output, usage.completion_tokens, completion.audio_tokens, attributes);
    cells.cacheRead.add(prompt.cached_tokens);
    cells.cacheWrite.add(prompt.cache_write_tokens);
    cells.reasoning.add(completion.reasoning_tokens);
    cells.inputs.record(usage.prompt_tokens);
    cells.outputs.record(usage.completion_tokens);
  }

  private countKind(metric: SumMetric, counted: Counted, total: number, audio: number, attributes: Attributes): void {
    counted.text.add(total - audio);
    if (audio > 0) (counted.audio ??= metric.cell({ ...attributes, [MODALITY]: 'audio' })).add(audio);
  }

  private seriesOf(call: ModelCall, { attempt, last, error = '' }: AttemptResult): Series {
    const requestModel = this.models.name(call.requestModel);
    const answered = last ? call.responseModel : undefined;
    const responseModel = answered === undefined ? '' : this.responseModels.name(answered);
    const { operation, provider } = call;
    const key = `${requestModel}\n${responseModel}\n${operation}\n${provider}\n${attempt.origin}\n${error}`;
    const known = this.series.get(key);
    if (known) return known;
    if (this.series.size >= MOST_SERIES) return (this.overflow ??= this.newSeries({ 'otel.metric.overflow': true }));
    const { address, port } = serverOf(attempt.origin);
    const series = this.newSeries({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': requestModel,
      ...(responseModel !== '' && { 'gen_ai.response.model': responseModel }),
      'server.address': address,
      'server.port': port,
      ...(error !== '' && { 'error.type': error }),
    });
    this.series.set(key, series);
    return series;
  }

  private newSeries(attributes: Attributes): Series {
    return {
      attributes,
      duration: this.duration.cell(attributes),
      firstChunk: undefined,
      tokens: undefined,
      cost: undefined,
      failed: undefined,
    };
  }

  private tokenSeries(attributes: Attributes): TokenSeries {
    const text = { ...attributes, [MODALITY]: 'text' };
    return {
      input: { text: this.input.cell(text), audio: undefined },
      output: { text: this.output.cell(text), audio: undefined },
      cacheRead: this.cacheRead.cell(text),
      cacheWrite: this.cacheWrite.cell(text),
      reasoning: this.reasoning.cell(text),
      inputs: this.inputs.cell(attributes),
      outputs: this.outputs.cell(attributes),
    };
  }
}

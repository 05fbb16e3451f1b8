import { SimulatedOpenAI } from '../../apps/simulated-openai/src/index.js';
import { Stage, type Place, type StageOptions } from '../gateway/stage.js';
import { howToConfig, UPSTREAM_KEY } from '../support/index.js';
import { MixedTraffic } from './mixed-traffic.js';

const LIMIT = 100_000;

export const PROMETHEUS = {
  name: 'prometheus',
  config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, ai_metrics: true },
};

/** The how-to with one more route, whose model has no price, and with all metrics on. */
export function meteredConfig({ upstreamUrl, logPath }: Place, plugins: readonly object[] = []): object {
  const config = howToConfig({ upstreamUrl, logPath, aiProxy: { max_request_body_size: LIMIT } });
  const [aiProxy, ...others] = config['plugins'] as [{ config: { model: object } }, ...object[]];
  const routes = [
    ...(config['routes'] as object[]),
    { name: 'unpriced', paths: ['/unpriced'], service: { name: 'example-service' } },
  ];
  const unpriced = {
    ...aiProxy,
    route: 'unpriced',
    config: { ...aiProxy.config, model: { ...aiProxy.config.model, name: 'deepseek-chat' } },
  };
  return { ...config, routes, plugins: [aiProxy, unpriced, ...others, PROMETHEUS, ...plugins] };
}

/** A gateway process before a simulated OpenAI, with `meteredConfig`, and traffic for it. */
export async function meteredGateway(
  options: StageOptions & { readonly plugins?: (place: Place) => readonly object[] } = {},
): Promise<{ stage: Stage; traffic: MixedTraffic }> {
  const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
  const config = (place: Place): object => meteredConfig(place, options.plugins?.(place));
  const stage = await Stage.open({ config, openai, ...options });
  return { stage, traffic: new MixedTraffic(openai, stage.gateway.proxy, LIMIT) };
}

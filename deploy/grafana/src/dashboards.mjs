import { delivery } from './delivery.mjs';
import { tokensAndCost } from './tokens-and-cost.mjs';
import { traffic } from './traffic.mjs';

const file = (name, dashboard) => ({ name, text: `${JSON.stringify(dashboard, null, 2)}\n` });

/** The files that Grafana reads. */
export const dashboards = [
  file('traffic.json', traffic),
  file('tokens-and-cost.json', tokensAndCost),
  file('delivery.json', delivery),
];

/**
 * The simulation as a program: `HOST`, `PORT`, `API_KEY` (the only accepted key; unset lets everybody in) and `PACE_MS`
 * (milliseconds between two words of a stream) from the environment, one ready line on standard output, ended by a signal.
 */
import { SimulatedOpenAI } from './server.js';

const { HOST, PORT, API_KEY, PACE_MS } = process.env;

const simulation = await SimulatedOpenAI.start({
  record: false,
  ...(HOST && { host: HOST }),
  port: Number(PORT || 0),
  ...(API_KEY && { apiKey: API_KEY }),
  paceMs: Number(PACE_MS || 0),
});

process.stdout.write(`${JSON.stringify({ event: 'ready', url: simulation.url })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulation.close().then(() => process.exit(0)));
}

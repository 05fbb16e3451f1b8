import { SimulatedOpenAI } from './server.js';

/** What the program needs of a process. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  once(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Runs the simulation until a signal. `HOST` and `PORT` say where it listens, `API_KEY` is the only accepted key (unset lets
 * everybody in), `PACE_MS` are the milliseconds between two words of a stream. One ready line goes to standard output.
 */
export async function run(host: Host): Promise<void> {
  const { HOST, PORT, API_KEY, PACE_MS } = host.env;
  const simulation = await SimulatedOpenAI.start({
    record: false,
    ...(HOST && { host: HOST }),
    ...(API_KEY && { apiKey: API_KEY }),
    port: whole('PORT', PORT),
    paceMs: whole('PACE_MS', PACE_MS),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    host.once(signal, () => void simulation.close().then(() => host.exit(0)));
  }
  host.stdout.write(`${JSON.stringify({ event: 'ready', url: simulation.url })}\n`);
}

function whole(name: string, value = ''): number {
  if (!/^\d{0,6}$/.test(value)) throw new Error(`${name}: expected a whole number, got "${value}"`);
  return Number(value);
}

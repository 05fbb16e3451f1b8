import {
  apiError,
  chunk,
  cut,
  reasoning,
  reply,
  silence,
  sse,
  text,
  textPart,
  toolCalls,
  type RecordedRequest,
  type ReplyScript,
  type SimulatedOpenAI,
} from '../../apps/simulated-openai/src/index.js';
import { http, openStream, post } from '../support/index.js';

const TOOLS = ['Read', 'Bash', 'Grep'].map((name) => ({
  name,
  description: `${name} something`,
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
}));

/** How the provider answers, by the kind of exchange; `n` makes the numbers of no two exchanges the same. */
const REPLIES: Readonly<Record<string, (n: number) => ReplyScript>> = {
  streamed: (n) => text('A scandalous history.', { usage: { prompt: 900 + n, completion: 40 + (n % 7) } }),
  whole: (n) => text('A scandalous history.', { usage: { prompt: 300 + n, completion: 30 + (n % 5) } }),
  cached: (n) =>
    text('Again.', { usage: { prompt: 4_000 + n, completion: 11, cached: 3_072 + 128 * (n % 4), cacheWrite: 128 } }),
  thinking: (n) =>
    reply([reasoning('Hm.'), textPart('Well considered.')], {
      usage: { prompt: 500 + n, completion: 700 + n, reasoning: 640 + (n % 9) },
    }),
  tools: (n) =>
    toolCalls(
      [
        { name: TOOLS[n % 3]?.name ?? '', args: { path: 'a.ts' } },
        { name: 'Read', args: { path: 'b.ts' } },
      ],
      { usage: { prompt: 1_500 + n, completion: 90 } },
    ),
  unpriced: (n) => text('For free?', { usage: { prompt: 100 + n, completion: 20 } }),
  'without usage': () => text('Nobody counts.', { usage: null }),
  cut: () => sse([chunk({ role: 'assistant', content: 'A scandal' }), cut]),
  left: () => sse([chunk({ role: 'assistant', content: 'A scandal' }), silence]),
  overloaded: () => apiError(503, { message: 'The server is overloaded', type: 'server_error' }),
  limited: () => apiError(429, { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' }),
  refused: () => apiError(400, { message: 'Invalid prompt' }),
};

/** Exchanges that the gateway ends without asking the provider. */
const REFUSED_HERE = ['no route', 'not JSON', 'too large'] as const;

export const KINDS: readonly string[] = [...Object.keys(REPLIES), ...REFUSED_HERE];
/** Those whose usage the provider tells, so that they are on its bill. */
export const BILLED: readonly string[] = ['streamed', 'whole', 'cached', 'thinking', 'tools', 'unpriced'];

const CLASSES = ['main', 'subagent', 'auxiliary'];
const CLIENTS = ['claude-cli/2.1.330 (external, cli)', 'opencode/1.0.2', 'node'];

/** Traffic as agents make it, good and bad, through the routes `/anything` and `/unpriced` of a gateway. */
export class MixedTraffic {
  /** @param limit bytes that a body of the gateway's configuration may have. */
  constructor(
    private readonly openai: SimulatedOpenAI,
    private readonly proxy: string,
    private readonly limit: number,
  ) {
    openai.respond(scripted);
  }

  /** One exchange after the other of every kind in turn, some at a time. Resolves when all answers have ended. */
  async send(count: number, { from = 0, atATime = 16 } = {}): Promise<void> {
    let next = from;
    const worker = async (): Promise<void> => {
      while (next < from + count) await this.exchange(next++);
    };
    await Promise.all(Array.from({ length: atATime }, worker));
  }

  private async exchange(n: number): Promise<void> {
    const kind = KINDS[n % KINDS.length] ?? '';
    const headers = headersOf(n);
    const messages = `${this.proxy}/${kind === 'unpriced' ? 'unpriced' : 'anything'}/v1/messages`;
    switch (kind) {
      case 'no route':
        await http(`${this.proxy}/nowhere`, { headers });
        return;
      case 'not JSON':
        await post(messages, '{"model":', headers);
        return;
      case 'too large':
        await post(messages, JSON.stringify(question(kind, n, { system: 'x'.repeat(this.limit) })), headers);
        return;
      case 'left':
        await this.leave(messages, question(kind, n, { stream: true }), headers);
        return;
      default:
        await post(messages, question(kind, n, { stream: kind !== 'whole' && n % 5 !== 0 }), headers).catch(broken);
    }
  }

  /** Goes away when the first words have come. */
  private async leave(url: string, body: object, headers: Readonly<Record<string, string>>): Promise<void> {
    const answer = await openStream(url, { body, headers });
    await answer.until('content_block_delta');
    answer.leave();
    // The gateway has noticed when the provider has lost it.
    const marked = this.openai.requests.find((request) => request.rawBody.includes(markOf(body)));
    await marked?.closed;
  }
}

function question(kind: string, n: number, more: Readonly<Record<string, unknown>>): object {
  return {
    model: 'claude-sonnet-4-5',
    max_tokens: 4096,
    // Chat Completions has no such parameter: it is lost, and told.
    ...(n % 2 === 0 && { top_k: 40 }),
    tools: TOOLS,
    messages: [{ role: 'user', content: `${kind} #${n}#` }],
    ...more,
  };
}

const markOf = (body: object): string => /#\d+#/.exec(JSON.stringify(body))?.[0] ?? '';

const headersOf = (n: number): Record<string, string> => ({
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'x-api-key': 'x',
  'user-agent': CLIENTS[n % CLIENTS.length] ?? '',
  'x-claude-code-session-id': `session-${n % 10}`,
  'x-claude-code-request-class': CLASSES[n % CLASSES.length] ?? '',
});

function scripted({ body }: RecordedRequest): ReplyScript | undefined {
  const [, kind = '', n = '0'] = /([a-z ]+) #(\d+)#/.exec(JSON.stringify(body)) ?? [];
  return REPLIES[kind]?.(Number(n));
}

/** A transfer that breaks is what some kinds are about. */
function broken(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNRESET') throw error;
}

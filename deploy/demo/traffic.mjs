/**
 * Traffic as coding agents make it, so that the dashboards have something to show. `GATEWAY` is the route, `COUNT` ends it after
 * so many turns (default: never), `PAUSE_MS` are the milliseconds between two turns of an agent (default 3000), `AGENTS` how many there are (4).
 */
const { GATEWAY = 'http://127.0.0.1:8000/demo', COUNT = 'Infinity', PAUSE_MS = '3000', AGENTS = '4' } = process.env;

const MODELS = ['gpt-5-mini', 'gpt-5-mini', 'gpt-5', 'gpt-5.6'];
const CLASSES = ['main', 'main', 'subagent', 'auxiliary'];
const TOOLS = [
  tool('Read', { file_path: { type: 'string' } }),
  tool('Bash', { command: { type: 'string' } }),
  tool('Grep', { pattern: { type: 'string' } }),
];
const REQUESTS = [
  'Read the file `src/server.ts`',
  'Run the command `npm test`',
  'Why does the login test fail on Mondays?',
  'Write a function that merges two sorted lists, with tests.',
  'Explain what a bloom filter is for.',
];
/** Long enough for the provider's prompt cache, and the same at every turn. */
const SYSTEM =
  'You are a careful software engineer. You read before you write, and you test what you have written. '.repeat(120);

let turns = 0;
const wanted = Number(COUNT);

await Promise.all(Array.from({ length: Number(AGENTS) }, (_, number) => agent(number)));

/** Conversations one after the other, each a few turns long. */
async function agent(number) {
  const model = MODELS[number % MODELS.length];
  for (let conversation = 0; turns < wanted; conversation++) {
    const headers = {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': 'demo',
      'user-agent': number % 4 === 3 ? 'opencode/1.0.2' : 'claude-cli/2.1.330 (external, cli)',
      'x-claude-code-session-id': `demo-${number}-${conversation}`,
      'x-claude-code-request-class': CLASSES[number % CLASSES.length],
    };
    const messages = [];
    for (let turn = 0; turn < 4 && turns < wanted; turn++) {
      turns += 1;
      await exchange({ model, headers, messages }).catch((error) => console.error(String(error)));
      await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_MS) * (0.5 + Math.random())));
    }
  }
}

/** One turn: the user asks, or a tool has answered. The conversation grows by what came back. */
async function exchange({ model, headers, messages }) {
  if (messages.at(-1)?.role !== 'user') messages.push({ role: 'user', content: pick(REQUESTS) });
  const stream = Math.random() < 0.8;
  // Some clients leave out what the API demands.
  const max_tokens = Math.random() < 0.03 ? undefined : 8192;
  const thinking =
    headers['x-claude-code-request-class'] === 'auxiliary' ? undefined : { type: 'enabled', budget_tokens: 4096 };
  const response = await fetch(`${GATEWAY}/v1/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, max_tokens, thinking, stream, system: SYSTEM, tools: TOOLS, messages }),
  });
  if (!response.ok) {
    await response.arrayBuffer();
    return;
  }
  const content = stream ? await readStream(response) : (await response.json()).content;
  if (!content) {
    messages.length = 0;
    return;
  }
  messages.push({ role: 'assistant', content });
  const results = content
    .filter(({ type }) => type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'done' }));
  if (results.length > 0) messages.push({ role: 'user', content: results });
}

/** The content blocks of a streamed answer; undefined when the user has pressed Escape in the middle. */
async function readStream(response) {
  const patience = Math.random() < 0.04 ? 3 : Infinity;
  const blocks = [];
  let rest = '';
  let events = 0;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('data: '))) {
      if (++events > patience) return undefined;
      apply(blocks, JSON.parse(line.slice('data: '.length)));
    }
  }
  return blocks.map(({ json, ...block }) =>
    block.type === 'tool_use' ? { ...block, input: JSON.parse(json || '{}') } : block,
  );
}

function apply(blocks, { type, index, content_block: block, delta }) {
  if (type === 'content_block_start') blocks[index] = { ...block, json: '' };
  if (type !== 'content_block_delta') return;
  const target = blocks[index];
  if (delta.type === 'text_delta') target.text += delta.text;
  else if (delta.type === 'thinking_delta') target.thinking += delta.thinking;
  else if (delta.type === 'signature_delta') target.signature = delta.signature;
  else if (delta.type === 'input_json_delta') target.json += delta.partial_json;
}

function tool(name, properties) {
  return {
    name,
    description: `${name} of a coding agent`,
    input_schema: { type: 'object', properties, required: Object.keys(properties) },
  };
}

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}

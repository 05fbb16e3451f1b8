import { expect } from '@jest/globals';
import type { Scenario } from '../harness/scenario.js';
import { byteByByte, refusal, text, textOf, userText, withCrlf } from '../harness/script.js';

const CODE = `\`\`\`ts
const quote = "he said \\"hi\\"";\n\tconst path = 'C:\\\\temp\\\\x';
\`\`\`
| a | b |\n|---|---|\n| <tag> & | 'x' |`;

const LONG = Array.from({ length: 1500 }, (_, line) => `Line ${line}: the quick brown fox.`).join('\n');

/** Plain answers. */
export const answers: readonly Scenario[] = [
  {
    name: 'a short answer',
    model: [text('The capital of France is Paris.')],
    check: ({ result, main, records }) => {
      expect(result.result).toBe('The capital of France is Paris.');
      expect(main).toHaveLength(1);
      expect(main[0]).toMatchObject({ model: 'gpt-5-mini', stream: true });
      const meta = { request_model: 'gpt-5-mini', provider_name: 'openai', request_mode: 'stream' };
      expect(records.map(({ ai }) => ai?.meta)).toContainEqual(expect.objectContaining(meta));
    },
  },
  {
    name: 'a long answer',
    model: [text(LONG)],
    check: ({ result }) => expect(result.result).toBe(LONG),
  },
  {
    name: 'an answer in many scripts, cut into single bytes',
    prompt: 'Grüße – 日本語 👩‍👩‍👧',
    model: [byteByByte('naïve 😀 日本語 👩‍👩‍👧 עברית')],
    check: ({ result, main }) => {
      expect(result.result).toBe('naïve 😀 日本語 👩‍👩‍👧 עברית');
      expect(main).toHaveLength(1);
    },
  },
  {
    name: 'code with every kind of quote',
    model: [text(CODE)],
    check: ({ result }) => expect(result.result).toBe(CODE),
  },
  {
    name: 'an upstream that ends its lines with CRLF',
    model: [withCrlf('Lines end in two bytes.')],
    check: ({ result }) => expect(result.result).toBe('Lines end in two bytes.'),
  },
  {
    name: 'an empty answer',
    model: [text('')],
    check: ({ result, main, version }) => {
      expect(result.result ?? '').toBe('');
      // The newest client asks once more before it takes an empty answer.
      expect(main).toHaveLength(version === '2.1.330' ? 2 : 1);
    },
  },
  {
    name: 'an upstream that compresses its answer',
    model: [text('Pressed.', { encoding: 'gzip' })],
    check: ({ result }) => expect(result.result).toBe('Pressed.'),
  },
  {
    name: 'an upstream that tells no usage',
    model: [text('Uncounted.', { usage: null })],
    check: ({ result, records }) => {
      expect(result.result).toBe('Uncounted.');
      const estimate = records.find(({ ai }) => ai?.usage.estimated);
      expect(estimate?.ai?.usage.prompt_tokens).toBeGreaterThan(1000);
      expect(estimate?.ai?.usage.completion_tokens).toBeGreaterThan(0);
    },
  },
  {
    name: 'the answer arrives in pieces',
    call: { flags: ['--include-partial-messages'] },
    model: [text('one two three four five six seven eight nine ten')],
    check: ({ run, result }) => {
      const deltas = run.events.filter(({ type, event }) => type === 'stream_event' && isTextDelta(event));
      expect(deltas.length).toBeGreaterThan(3);
      expect(result.result).toBe('one two three four five six seven eight nine ten');
    },
  },
  {
    name: 'the prompt comes on standard input',
    prompt: 'A prompt that is piped in.',
    call: ({ prompt }) => ({ prompt: undefined, stdin: prompt }),
    model: [text('Piped.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Piped.');
      expect(userText(main[0]!)).toContain('A prompt that is piped in.');
    },
  },
  {
    name: 'the client counts the tokens that the upstream billed',
    model: [text('Counted.', { usage: { prompt: 5000, completion: 300, cached: 4096, reasoning: 256 } })],
    check: ({ result }) => {
      expect(result.usage).toMatchObject({
        input_tokens: 904,
        cache_read_input_tokens: 4096,
        cache_creation_input_tokens: 0,
        output_tokens: 300,
      });
    },
  },
  {
    name: 'an appended system prompt',
    call: { flags: ['--append-system-prompt', 'Always answer as a pirate.'] },
    model: [text('Arr.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Arr.');
      const system = main[0]!.messages.filter(({ role }) => role === 'developer').map(textOf);
      expect(system.join('\n')).toContain('Always answer as a pirate.');
    },
  },
  {
    name: 'another system prompt',
    call: { flags: ['--system-prompt', 'You are a calculator.'] },
    model: [text('4')],
    check: ({ result, main }) => {
      expect(result.result).toBe('4');
      const first = main[0]!.messages[0];
      expect(first?.role).toBe('developer');
      expect(textOf(first)).toContain('You are a calculator.');
    },
  },
  {
    name: 'a limit of tokens ends the answer',
    model: [text('The first half', { finish: 'length' }), text(' and the second half.')],
    check: ({ result, main, version }) => {
      if (version === '2.0.37') {
        expect(result.result).toBe('The first half');
        expect(main).toHaveLength(1);
      } else {
        // The client asks the model to go on.
        expect(result.result).toContain('and the second half.');
        expect(main).toHaveLength(2);
        expect(textOf(main[1]!.messages.at(-1))).toMatch(/Output token limit hit/);
      }
    },
  },
  {
    name: 'a refusal of the model',
    model: [refusal('I cannot help with that.')],
    exitCode: { '2.1.112': 1, '2.1.330': 1 },
    check: ({ result, main, records, version }) => {
      // Newer clients replace the model's words by their own.
      expect(result.result).toMatch(
        version === '2.0.37' ? /^I cannot help with that\.$/ : /usage policy|safeguards flagged/i,
      );
      expect(main).toHaveLength(version === '2.1.330' ? 2 : 1);
      expect(records.map(({ ai }) => ai?.stop_reason)).toContain('refusal');
    },
  },
  {
    name: 'an answer stopped by the content filter',
    model: [text('Half a', { finish: 'content_filter' })],
    exitCode: { '2.1.112': 1, '2.1.330': 1 },
    check: ({ result, version }) => {
      expect(result.result).toMatch(version === '2.0.37' ? /^Half a$/ : /usage policy|safeguards flagged/i);
    },
  },
  {
    name: 'a model name that nobody knows',
    call: { flags: ['--model', 'my-fast-model'] },
    model: [text('Fast.')],
    check: ({ result, client, upstream, run }) => {
      expect(result.result).toBe('Fast.');
      expect(client.map(({ body }) => body?.model)).toContain('my-fast-model');
      expect(new Set(upstream.map(({ model }) => model))).toEqual(new Set(['gpt-5-mini']));
      expect(run.events.find(({ type }) => type === 'assistant')?.message?.model).toBe('my-fast-model');
    },
  },
  {
    name: 'the small model of the client is served by the configured one',
    call: { flags: ['--model', 'haiku'] },
    model: [text('Small.')],
    check: ({ result, client, upstream }) => {
      expect(result.result).toBe('Small.');
      expect(client.some(({ body }) => body?.model?.startsWith('claude-haiku'))).toBe(true);
      expect(new Set(upstream.map(({ model }) => model))).toEqual(new Set(['gpt-5-mini']));
    },
  },
  {
    name: 'without a configured model the client chooses',
    route: 'unnamed',
    call: {
      env: {
        ANTHROPIC_MODEL: 'gpt-5-nano',
        ANTHROPIC_DEFAULT_HAIKU_MODEL: 'gpt-5-nano',
        ANTHROPIC_DEFAULT_SONNET_MODEL: 'gpt-5-nano',
      },
    },
    model: [text('Chosen.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Chosen.');
      expect(main.map(({ model }) => model)).toEqual(['gpt-5-nano']);
    },
  },
];

function isTextDelta(event: unknown): boolean {
  return (event as { delta?: { type?: string } }).delta?.type === 'text_delta';
}

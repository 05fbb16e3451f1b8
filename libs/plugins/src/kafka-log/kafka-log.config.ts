import { z } from '#libs/plugin-api';
import { customFieldsSchema, millisecondsField, pemField, portField, refusedField, trustFields } from '#libs/sinks';

/** Kafka's rule (`org.apache.kafka.common.internals.Topic`). */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

const server = z.strictObject({
  host: z
    .string()
    .regex(/^[^\s/:@]+$/, 'expected a host name or an IPv4 address, without scheme and port')
    .describe('Host name or IPv4 address of a broker'),
  port: portField.describe('Port of the broker'),
});

const authentication = z
  .strictObject({
    strategy: z.enum(['sasl']).optional().describe('How the gateway proves who it is; unset: not at all'),
    mechanism: z
      .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
        error: ({ input }) =>
          input === 'OAUTHBEARER'
            ? 'OAUTHBEARER is not available in this gateway, allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512'
            : undefined,
      })
      .optional()
      .describe('Mechanism of SASL'),
    user: z.string().min(1).optional().describe('User of SASL'),
    password: z.string().min(1).optional().describe('Password of SASL'),
    tokenauth: z
      .literal(false, { error: 'delegation tokens are not available in this gateway, use a user and a password' })
      .optional()
      .describe('Kong: whether user and password are a delegation token'),
  })
  .prefault({})
  .describe('SASL');

const security = z
  .strictObject({
    ssl: z.boolean().default(false).describe('Speak TLS'),
    ...trustFields,
    certificate_id: refusedField(
      'certificates of Kong’s certificates list are not available in this gateway; use client_certificate and client_private_key',
    ),
    client_certificate: pemField
      .optional()
      .describe('With TLS: the gateway’s own certificate: PEM text, or the name of a file. Not in Kong'),
    client_private_key: pemField
      .optional()
      .describe('With TLS: the key of client_certificate: PEM text, or the name of a file. Not in Kong'),
  })
  .prefault({})
  .describe('TLS');

export const kafkaLogConfig = z.strictObject({
  bootstrap_servers: z.array(server).min(1).describe('Brokers to ask first; they name the others'),
  topic: z
    .string()
    .regex(TOPIC, 'expected 1 to 249 of the characters A-Z a-z 0-9 . _ -')
    .describe('Topic that gets one message per exchange'),
  cluster_name: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII characters without blanks')
    .optional()
    .describe('Ends the client id that the brokers see: tidegate-<cluster_name>; unset: tidegate'),
  key_query_arg: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Query argument of the request whose value becomes the key of the message. Unset, or without it: the agent’s session id, else the exchange id',
    ),
  timeout: millisecondsField.default(10_000).describe('Milliseconds for connecting to a broker and signing in'),
  keepalive: millisecondsField
    .default(60_000)
    .describe('Milliseconds without a record after which the connections are closed'),
  keepalive_enabled: z
    .boolean()
    .default(true)
    .describe('false: the connections are closed after every request. Kong’s default is false'),
  authentication,
  security,
  producer_request_acks: z
    .union([z.literal(-1), z.literal(0), z.literal(1)])
    .default(1)
    .describe(
      'Who has to have a message before it counts as delivered. -1: all in-sync replicas; 1: the leader; 0: nobody',
    ),
  producer_request_timeout: millisecondsField
    .default(2000)
    .describe('Milliseconds for the answer to a request, and for the replicas that -1 waits for'),
  producer_request_limits_messages_per_request: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('Messages at most in one request'),
  producer_request_limits_bytes_per_request: z
    .int()
    .min(1)
    .default(1_048_576)
    .describe('Bytes of records at most in one request; a longer record goes alone'),
  producer_request_retries_max_attempts: z
    .int()
    .min(0)
    .max(1000)
    .default(10)
    .describe(
      'Repetitions of a request before its failure is shown; then it is repeated with growing waits, until it succeeds',
    ),
  producer_request_retries_backoff_timeout: millisecondsField
    .default(100)
    .describe('Milliseconds between these repetitions'),
  producer_async: z
    .boolean()
    .default(true)
    .describe('false: a record does not wait for others. The client never waits, in either case'),
  producer_async_flush_timeout: millisecondsField
    .default(1000)
    .describe('Milliseconds that a record may wait for others while a request is not full'),
  producer_async_buffering_limits_messages_in_memory: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Records that may wait; when there are more the oldest is dropped and counted. They wait in the journal, not in memory. Default: the bound of the journal',
    ),
  producer_compression: z
    .enum(['none', 'gzip'], {
      error: ({ input }) =>
        typeof input === 'string' && /^(?:snappy|lz4|zstd)$/.test(input)
          ? `${input} is not available in this gateway, allowed: none, gzip`
          : undefined,
    })
    .default('none')
    .describe('Compression of the messages. Not in Kong'),
  producer_idempotence: z
    .boolean()
    .default(false)
    .describe(
      'The brokers drop what a repetition within one connection would double; needs producer_request_acks: -1. Not in Kong',
    ),
  schema_registry: refusedField('messages are plain JSON, a schema registry is not available in this gateway'),
  custom_fields_by_lua: customFieldsSchema,
});

export type KafkaLogConfig = z.output<typeof kafkaLogConfig>;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What the schema cannot see: fields that go together. */
export function kafkaLogProblems(config: KafkaLogConfig): Problem[] {
  const { strategy, mechanism, user, password } = config.authentication;
  const { client_certificate, client_private_key } = config.security;
  const problems: Problem[] = [];
  const given = [mechanism, user, password];
  if (strategy === undefined ? given.some((value) => value !== undefined) : given.includes(undefined)) {
    problems.push({
      path: ['authentication'],
      message: 'strategy: sasl, mechanism, user and password must be set together',
    });
  }
  if ((client_certificate === undefined) !== (client_private_key === undefined)) {
    problems.push({
      path: ['security'],
      message: 'client_certificate and client_private_key must be set together',
    });
  }
  if (config.producer_idempotence && config.producer_request_acks !== -1) {
    problems.push({ path: ['producer_idempotence'], message: 'needs producer_request_acks: -1' });
  }
  return problems;
}

import { queueConfig, z } from '#libs/plugin-api';
import { customFieldsSchema, millisecondsField, refusedField, trustFields } from '#libs/sinks';

/** RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Set by the plugin itself. */
const OWN_HEADERS = /^(?:host|content-length|content-type|transfer-encoding|connection)$/i;

export const httpLogConfig = z.strictObject({
  http_endpoint: z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
    .describe('Where the records are sent. A user and a password in the URL are sent as Basic authentication'),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('Method of the requests'),
  content_type: z
    .enum(['application/json', 'application/json; charset=utf-8'])
    .default('application/json')
    .describe('Header Content-Type of the requests'),
  headers: z
    .record(
      z
        .string()
        .regex(HEADER_NAME, 'expected a header name')
        .refine((name) => !OWN_HEADERS.test(name), 'is set by the plugin itself'),
      z.string().regex(HEADER_VALUE, 'expected a header value without line breaks'),
    )
    .default({})
    .describe('More headers of the requests'),
  timeout: millisecondsField
    .default(10_000)
    .describe('Milliseconds for a request, from connecting to the whole answer'),
  keepalive: millisecondsField.default(60_000).describe('Milliseconds that a connection without requests is kept'),
  ...trustFields,
  client_certificate: refusedField('certificates of Kong’s certificates list are not available in this gateway'),
  queue: queueConfig.prefault({}),
  queue_size: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('The name of queue.max_batch_size before Kong 3.3; wins over it'),
  flush_timeout: z
    .number()
    .min(0)
    .max(3600)
    .optional()
    .describe('The name of queue.max_coalescing_delay (seconds) before Kong 3.3; wins over it'),
  retry_count: refusedField('has had no effect since Kong 3.3; queue.max_retry_time says how long to try'),
  custom_fields_by_lua: customFieldsSchema,
});

export type HttpLogConfig = z.output<typeof httpLogConfig>;

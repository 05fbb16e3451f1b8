import { z } from '#libs/plugin-api';
import { customFieldsSchema, hostField, millisecondsField, portField, trustFields } from '#libs/sinks';
import { FACILITIES, SEVERITIES } from './priority.js';

const severity = z.enum(SEVERITIES).default('info');

export const syslogConfig = z.strictObject({
  log_level: severity.describe('Records that are less severe are not sent'),
  successful_severity: severity.describe('Severity of exchanges with a status below 400'),
  client_errors_severity: severity.describe('Severity of exchanges with a status from 400 to 499'),
  server_errors_severity: severity.describe('Severity of exchanges with a status from 500'),
  facility: z.enum(FACILITIES).default('user').describe('Facility of all messages'),
  ident: z
    .string()
    .regex(/^[\x21-\x7e]{1,48}$/, 'expected 1 to 48 printable ASCII characters without blanks')
    .default('kong')
    .describe('Name of the program in the messages. Not in Kong, which always says kong'),
  host: hostField
    .optional()
    .describe(
      'A syslog server that gets RFC 5424 messages over the network. Not in Kong. Unset: the syslog of this machine, by the program logger(1) of util-linux',
    ),
  port: portField.optional().describe('Port of host; default 514, with tls 6514'),
  protocol: z
    .enum(['udp', 'tcp', 'tls'])
    .optional()
    .describe('How host is reached; default udp. tcp and tls count octets (RFC 6587, RFC 5425)'),
  timeout: millisecondsField
    .default(10_000)
    .describe('Milliseconds for connecting, and for the network or logger to take a batch'),
  keepalive: millisecondsField
    .default(60_000)
    .describe('Milliseconds without a record after which a tcp or tls connection is closed'),
  ...trustFields,
  custom_fields_by_lua: customFieldsSchema,
});

export type SyslogConfig = z.output<typeof syslogConfig>;

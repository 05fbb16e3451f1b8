import { z } from '#libs/plugin-api';
import { customFieldsSchema, hostField, millisecondsField, portField, trustFields } from '#libs/sinks';

export const tcpLogConfig = z.strictObject({
  host: hostField,
  port: portField,
  timeout: millisecondsField
    .default(10_000)
    .describe('Milliseconds for connecting, and for the network to take a batch'),
  keepalive: millisecondsField
    .default(60_000)
    .describe('Milliseconds without a record after which the connection is closed'),
  tls: z.boolean().default(false).describe('Speak TLS'),
  tls_sni: z
    .string()
    .min(1)
    .optional()
    .describe('With TLS: the name that is asked for and that the certificate has to have; default: the host'),
  ...trustFields,
  custom_fields_by_lua: customFieldsSchema,
});

export type TcpLogConfig = z.output<typeof tcpLogConfig>;

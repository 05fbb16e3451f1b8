import { z } from '#libs/plugin-api';
import { customFieldsSchema, hostField, millisecondsField, portField } from '#libs/sinks';

export const udpLogConfig = z.strictObject({
  host: hostField,
  port: portField,
  timeout: millisecondsField
    .default(10_000)
    .describe('Milliseconds for looking up the host and for the network to take a batch'),
  custom_fields_by_lua: customFieldsSchema,
});

export type UdpLogConfig = z.output<typeof udpLogConfig>;

import { z } from '#libs/plugin-api';
import { customFieldsSchema } from '#libs/sinks';

/** Kong's rule: no blank at either end, none of `* & % \` and the backtick. */
const PATH = /^(?!\s)[^*&%\\`\0]+(?<!\s)$/;

export const fileLogConfig = z.strictObject({
  path: z
    .string()
    .regex(PATH, 'expected a file name without blanks at its ends and without any of * & % \\ `')
    .describe(
      'File that gets one line of JSON per exchange. It is made when it is missing, readable by its owner alone; its folder has to exist. ' +
        'A file that is renamed or deleted is made anew. /dev/stdout and /dev/stderr are the gateway’s own output',
    ),
  reopen: z.boolean().default(false).describe('Open the file anew for every write'),
  custom_fields_by_lua: customFieldsSchema,
});

export type FileLogConfig = z.output<typeof fileLogConfig>;

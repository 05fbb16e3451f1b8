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
  rotate: z
    .strictObject({
      max_size: z
        .int()
        .min(1)
        .optional()
        .describe('Bytes that the file has at most. A single longer record has a file of its own'),
      max_age: z
        .int()
        .min(1)
        .optional()
        .describe(
          'Seconds of the periods that have a file each, counted from 1970 in UTC: 3600 is every full hour, 86400 midnight. A file is set aside when the first record of a later period comes',
        ),
      keep: z
        .int()
        .min(0)
        .optional()
        .describe('Files that have been set aside and are kept, the newest ones. Default: all'),
      compress: z.boolean().default(false).describe('Compress what has been set aside with gzip'),
    })
    .optional()
    .describe(
      'Sets the file aside as path.<time>, e.g. claude.json.20261128T013306.123Z, and begins a new one. Lines are never cut. Not in Kong',
    ),
  custom_fields_by_lua: customFieldsSchema,
});

export type FileLogConfig = z.output<typeof fileLogConfig>;

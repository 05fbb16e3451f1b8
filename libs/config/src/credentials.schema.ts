import { z } from '#libs/plugin-api';
import { tags, timestamp, uuid } from './fields.schema.js';

/**
 * Consumers' credentials as Kong's authentication plugins declare them, without the consumer. Kong makes up keys that are left
 * out; in a file, which is read again and again, they have to be written.
 */

const common = {
  id: uuid.exactOptional(),
  tags: tags.exactOptional(),
  created_at: timestamp.exactOptional(),
  updated_at: timestamp.exactOptional(),
};

const text = z.string().min(1);

export const keyAuthSchema = z.strictObject({
  ...common,
  key: text,
  /** Seconds from loading the file. */
  ttl: z.int().min(0).max(100_000_000).exactOptional(),
});

export const basicAuthSchema = z.strictObject({ ...common, username: text, password: text });

export const hmacAuthSchema = z.strictObject({ ...common, username: text, secret: text });

const JWT_ALGORITHMS = 'HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 EdDSA'.split(' ');

export const jwtSecretSchema = z
  .strictObject({
    ...common,
    key: text,
    secret: text.exactOptional(),
    rsa_public_key: text.exactOptional(),
    algorithm: z.enum(JWT_ALGORITHMS).default('HS256'),
  })
  .superRefine(({ algorithm, secret, rsa_public_key }, context) => {
    const needed = algorithm.startsWith('HS') ? 'secret' : 'rsa_public_key';
    if ((needed === 'secret' ? secret : rsa_public_key) !== undefined) return;
    context.addIssue({ code: 'custom', path: [needed], message: `is required with the algorithm ${algorithm}` });
  });

export const oauth2Schema = z.strictObject({
  ...common,
  name: text,
  client_id: text,
  client_secret: text,
  hash_secret: z.boolean().default(false),
  redirect_uris: z.array(z.url('must be an absolute URL')).exactOptional(),
  client_type: z.enum(['confidential', 'public']).default('confidential'),
});

export const aclSchema = z.strictObject({ ...common, group: text });

export const mtlsAuthSchema = z.strictObject({ ...common, subject_name: text });

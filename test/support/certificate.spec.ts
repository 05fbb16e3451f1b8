import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, it } from '@jest/globals';
import { selfSigned } from './certificate.js';

it('makes a certificate that is valid for localhost, now, and by its own authority', () => {
  const certificate = new X509Certificate(selfSigned().certificate);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.ca).toBe(true);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
});

it('serves TLS to those who trust it', async () => {
  const { certificate: cert, key } = selfSigned();
  const server = createServer({ cert, key }, (socket: TLSSocket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const trusting = connect({ port, host: '127.0.0.1', ca: cert });
  const [greeting] = (await once(trusting, 'data')) as [Buffer];
  expect(greeting.toString()).toBe('hello');
  const stranger = connect({ port, host: '127.0.0.1' });
  await expect(once(stranger, 'secureConnect')).rejects.toThrow('self-signed certificate');
  server.close();
});

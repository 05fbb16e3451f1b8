import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { run, type Host } from './program.js';

class FakeProcess extends EventEmitter implements Host {
  readonly written: string[] = [];
  readonly stdout = { write: (text: string) => this.written.push(text) };

  constructor(readonly env: Record<string, string>) {
    super();
  }

  exit(code: number): void {
    this.emit('exit', code);
  }
}

describe('the program', () => {
  it('tells where it listens, keeps strangers out and ends at a signal', async () => {
    const host = new FakeProcess({ PORT: '0', API_KEY: 'sk-demo' });
    await run(host);
    expect(host.written).toEqual([expect.stringMatching(/^\{"event":"ready","url":"http:\/\/127\.0\.0\.1:\d+"\}\n$/)]);
    const { url } = JSON.parse(host.written[0] ?? '') as { url: string };
    const stranger = await request(`${url}/v1/models`);
    expect(stranger.statusCode).toBe(401);
    await stranger.body.dump();
    const guest = await request(`${url}/v1/models`, { headers: { authorization: 'Bearer sk-demo' } });
    expect(guest.statusCode).toBe(200);
    await guest.body.dump();
    const ended = once(host, 'exit');
    host.emit('SIGTERM');
    expect(await ended).toEqual([0]);
    await expect(request(`${url}/v1/models`)).rejects.toThrow();
  });

  it('refuses settings that mean nothing', async () => {
    await expect(run(new FakeProcess({ PORT: 'http' }))).rejects.toThrow('PORT: expected a whole number, got "http"');
    await expect(run(new FakeProcess({ PACE_MS: '-1' }))).rejects.toThrow('PACE_MS');
  });
});

import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folders of one scenario: a home with the client's settings as in the how-to, and a project to work in. */
export class Workspace {
  private constructor(
    readonly root: string,
    readonly home: string,
    readonly project: string,
    readonly temporary: string,
  ) {}

  static async create(settings: Readonly<Record<string, unknown>> = {}): Promise<Workspace> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-client-')));
    const workspace = new Workspace(root, join(root, 'home'), join(root, 'project'), join(root, 'tmp'));
    await Promise.all([mkdir(workspace.config, { recursive: true }), mkdir(workspace.temporary)]);
    await mkdir(workspace.project);
    const helper = join(workspace.config, 'anthropic_key.sh');
    await writeFile(helper, '#!/bin/sh\necho "x"\n');
    await chmod(helper, 0o755);
    await writeFile(
      join(workspace.config, 'settings.json'),
      JSON.stringify({ apiKeyHelper: '~/.claude/anthropic_key.sh', ...settings }),
    );
    return workspace;
  }

  /** The client's own folder. */
  get config(): string {
    return join(this.home, '.claude');
  }

  /** Absolute path of a file of the project. */
  path(name: string): string {
    return join(this.project, name);
  }

  async write(name: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), content);
  }

  /** Text of a file of the project, `undefined` when there is none. */
  read(name: string): string | undefined {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : undefined;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

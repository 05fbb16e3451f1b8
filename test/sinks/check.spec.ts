import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/index.js';
import { lines, tidegate } from '../gateway/command.js';

const FAULTY = `_format_version: "3.0"
services:
- {name: a, host: example.com, plugins: [
    {name: http-log, config: {http_endpoint: "http://a", retry_count: 3}},
    {name: tcp-log, config: {host: "http://a", port: 70000}},
    {name: udp-log, config: {host: a, port: 1, custom_fields_by_lua: {a: return os.time()}}},
    {name: syslog, config: {protocol: tcp, facility: local9}}]}
- {name: b, host: example.com, plugins: [
    {name: tcp-log, config: {host: a, port: 1, ca_certificate: /no/such/file.pem}},
    {name: http-log, config: {http_endpoint: "http://a", queue: {max_batch_size: 0}, retries: 3}},
    {name: syslog, config: {protocol: tcp}}]}
`;

/** One per fault. */
const FAULTS: readonly RegExp[] = [
  /^faulty\.yaml:4:71 .*\.retry_count: has had no effect since Kong 3\.3; queue\.max_retry_time says/,
  /^faulty\.yaml:5:36 .*\.host: expected a host name or an IP address, without scheme and port$/,
  /^faulty\.yaml:5:54 .*\.port: must be at most 65535; got 70000$/,
  /^faulty\.yaml:6:74 .*\.custom_fields_by_lua\.a: Lua is not run here/,
  /^faulty\.yaml:7:54 .*\.facility: must be one of "kern", .*\(did you mean local[0-7]\?\); got "local9"$/,
  /^faulty\.yaml:9:64 .*\.ca_certificate: expected PEM text .*\(ENOENT\)$/,
  /^faulty\.yaml:10:82 .*\.queue\.max_batch_size: must be at least 1; got 0$/,
  /^faulty\.yaml:10:86 .*\.retries: unknown field; allowed: http_endpoint, method, (?!.*retry_count)/,
  /^faulty\.yaml:11:39 .*\.protocol: has no effect without host$/,
];

it('a sink that cannot work is refused with its field and the reason', async () => {
  const folder = await temporaryDirectory();
  await writeFile(join(folder.path, 'faulty.yaml'), FAULTY);
  const { code, stdout } = await tidegate(['check', 'faulty.yaml'], { cwd: folder.path });
  expect(code).toBe(1);
  const told = lines(stdout);
  for (const fault of FAULTS) expect(told).toContainEqual(expect.stringMatching(fault));
  expect(told).toHaveLength(FAULTS.length);
  await folder.remove();
});

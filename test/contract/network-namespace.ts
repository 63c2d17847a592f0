/**
 * A network namespace with a pair of virtual Ethernet interfaces, where there is leave to make one: for tests that need
 * more of a network than loopback.
 */
import { execFile, spawnSync } from 'node:child_process';

const SETUP = `
ip link set lo up
ip link add plait0 type veth peer name plait1
ip link set plait0 addrgenmode none
ip link set plait1 addrgenmode none
ip addr add 10.99.0.1/24 broadcast 10.99.0.255 dev plait0
ip addr add fd99::1/64 dev plait0 nodad
ip addr add fe80::99/64 dev plait0 nodad
ip link set plait0 up
ip link set plait1 up
ip route add default dev plait0
ip -6 route add default dev plait0
`;

/** Why no such namespace can be made here; undefined when it can. */
export function noNamespaceBecause(): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', ['-n', 'sh', '-e', '-c', SETUP], { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : stderr.trim() || `unshare ended with ${status}`;
}

/** What a Node program prints that is run in the namespace; it may end with any status. */
export function runInNamespace(...args: string[]): Promise<string> {
  const command = `${SETUP}exec "$0" "$@"`;
  const { MOCHA_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      'unshare',
      ['-n', 'sh', '-e', '-c', command, process.execPath, ...args],
      { env, maxBuffer: 0x4000000 },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(stderr, { cause: error }));
        else resolve(stdout);
      },
    );
  });
}

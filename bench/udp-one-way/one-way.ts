/**
 * What a server of the one-way measurement does, whatever it is written on: it counts datagrams that begin with `x`, tells
 * their number to who asks with `?`, and to who asks with `S COUNT SIZE` it sends that many of that size, TURN at a time,
 * so that it lives on while it sends.
 */

/** As many as the batched C program sends with one call. */
const TURN = 64;
const DATA = 'x'.charCodeAt(0);
const COUNT = '?'.charCodeAt(0);

/** What is called with every datagram. `To` is what the network tells of a peer. */
export function oneWay<To>(send: (data: Buffer, to: To) => void): (data: Buffer, from: To) => void {
  let taken = 0;

  function sendTurn(left: number, data: Buffer, to: To): void {
    const turn = Math.min(left, TURN);
    for (let i = 0; i < turn; i++) send(data, to);
    if (left > turn) setImmediate(sendTurn, left - turn, data, to);
  }

  return (data, from) => {
    if (data[0] === DATA) {
      taken++;
    } else if (data[0] === COUNT) {
      send(Buffer.from(String(taken)), from);
    } else {
      const [, count = 0, size = 0] = data.toString('latin1').split(' ').map(Number);
      sendTurn(count, Buffer.alloc(size, 'x'), from);
    }
  };
}

import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Flight, flightsOf } from '../../../reactor/simulated/trace-flights.js';
import type { TraceEvent } from '../../../reactor/simulated/trace.js';
import { HOSTS, sampleTrace, TraceBuilder } from './sample-trace.js';

const A = { host: '10.0.0.1', port: 1 };
const B = { host: '10.0.0.2', port: 2 };

function summary({ id, sender, receiver, sent, end, again, changed }: Flight): unknown[] {
  return [
    id,
    sender,
    receiver,
    sent?.time,
    end?.type,
    end?.time,
    ...(again ? ['again'] : []),
    ...(changed ? ['changed'] : []),
  ];
}

function endingsOf(events: TraceEvent[], hosts: string[]): unknown[][] {
  return [...flightsOf(events, hosts).endings.values()].map(summary);
}

describe('flightsOf', () => {
  it('has a flight for each copy that was delivered or lost', () => {
    const endings = endingsOf(sampleTrace(), HOSTS);
    expect(endings.filter(([id]) => id === 3 || id === 4 || id === 11 || id === 12)).to.deep.equal([
      [3, 'server', 'client', 0.001, 'delivered', 0.002],
      [3, 'server', 'client', 0.001, 'delivered', 0.0021, 'again'],
      [4, 'client', 'server', 0.003, 'delivered', 0.004, 'changed'],
      [11, 'client', 'server', 6, 'delivered', 6.001],
      [11, 'client', 'printer', 6, 'delivered', 6.001],
      [12, 'client', 'server', 7, 'lost', 7.001],
    ]);
    expect(endings.length).to.equal(sampleTrace().filter(({ type }) => type === 'delivered' || type === 'lost').length);
  });

  it('has no receiver for what never left', () => {
    const endings = endingsOf(sampleTrace(), HOSTS).filter(([, , , sent]) => sent === 8);
    expect(endings.map(([id, sender, receiver]) => [id, sender, receiver])).to.deep.equal([
      [13, 'client', undefined],
      [14, 'client', undefined],
      [15, 'client', undefined],
      [16, 'client', undefined],
      [17, 'client', 'client'],
    ]);
  });

  it('has a receiver for what the own host refuses', () => {
    const trace = new TraceBuilder();
    trace.lose(1, 'a', trace.send(1, 'a', A, { ...A, port: 9 }, ''), 'refused');
    expect(endingsOf(trace.events, ['a'])).to.deep.equal([[1, 'a', 'a', 1, 'lost', 1]]);
  });

  it('keeps apart what nothing ends, with its receiver where an address tells it', () => {
    const { pending } = flightsOf(sampleTrace(), HOSTS);
    expect([...pending.values()].map(summary)).to.deep.equal([
      [18, 'server', 'client', 9, undefined, undefined],
      [19, 'server', undefined, 9, undefined, undefined],
    ]);
  });

  it('knows the own host by loopback and unspecified addresses', () => {
    const trace = new TraceBuilder();
    for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) trace.send(1, 'a', A, { host, port: 1 }, '');
    trace.add({
      type: 'delivered',
      time: 2,
      host: 'b',
      id: 9,
      from: { ...A, host: '::1' },
      to: B,
      data: Buffer.alloc(0),
    });
    const { pending, endings, hosts } = flightsOf(trace.events, []);
    expect([...pending.values()].map(({ receiver }) => receiver)).to.deep.equal(['a', 'a', 'a', 'a']);
    expect([...endings.values()][0]!.sender).to.equal('b');
    expect(hosts).to.deep.equal(['a', 'b']);
  });

  it('takes an address that several hosts receive at for no host', () => {
    const trace = new TraceBuilder();
    const everybody = { host: '10.0.0.255', port: 5 };
    const first = trace.send(1, 'a', A, everybody, '');
    trace.deliver(2, 'b', first);
    trace.deliver(2, 'c', first);
    trace.send(3, 'a', A, everybody, '');
    expect([...flightsOf(trace.events, []).pending.values()][0]!.receiver).to.equal(undefined);
  });

  it('finds the sender by its address in a trace that begins later', () => {
    const from = (host: string): TraceEvent => ({
      type: 'delivered',
      time: 1,
      host: 'b',
      id: Number(host.at(-1)),
      from: { host, port: 1 },
      to: B,
      data: Buffer.alloc(0),
    });
    const opened: TraceEvent = { type: 'opened', time: 2, host: 'a', address: A };
    const { endings, hosts } = flightsOf([from('10.0.0.1'), from('10.0.0.9'), opened], ['b']);
    expect([...endings.values()].map(summary)).to.deep.equal([
      [1, 'a', 'b', undefined, 'delivered', 1],
      [9, '10.0.0.9', 'b', undefined, 'delivered', 1],
    ]);
    expect(hosts).to.deep.equal(['b', 'a', '10.0.0.9']);
  });

  it('takes the host of a loss for the sender where the datagram was never sent', () => {
    const lost: TraceEvent = { type: 'lost', time: 1, host: 'a', id: 1, from: A, to: B, reason: 'unreachable' };
    expect(endingsOf([lost], [])).to.deep.equal([[1, 'a', undefined, undefined, 'lost', 1]]);
  });

  it('joins the report of a refusal to the loss, or else to the address', () => {
    const events = sampleTrace();
    const [refusal] = [...flightsOf(events, HOSTS).refusals.values()];
    expect(refusal!.by).to.equal('server');
    expect(refusal!.loss).to.include({ id: 10, reason: 'refused' });
    const alone = events.filter(({ type }) => type === 'refused');
    expect([...flightsOf(alone, HOSTS).refusals.values()]).to.deep.equal([{ by: '10.0.0.2', loss: undefined }]);
  });
});

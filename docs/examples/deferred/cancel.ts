/** Giving up. */
import {
  type Address,
  Deferred,
  DeferredList,
  gatherResults,
  inlineCallbacks,
  race,
  type ReactorCore,
  type ReactorTime,
  type ReactorUDP,
} from 'plait';

// region canceller
/** Asks a server one question. The port is closed by the answer, by a refusal, and by cancelling. */
export function ask(reactor: ReactorUDP, question: string, server: Address): Deferred<string> {
  const answer = new Deferred<string>(() => void port.stopListening());
  const port = reactor.listenUDP(0, {
    startProtocol(transport) {
      transport.connect(server.host, server.port);
      transport.write(question);
    },
    datagramReceived(data) {
      void port.stopListening(); // from here on no other hook is called, so the Deferred is fired once
      answer.callback(data.toString());
    },
    connectionRefused() {
      void port.stopListening();
      answer.errback(new Error('Nobody listens there'));
    },
  });
  return answer;
}
// endregion

// region timeout
/** The same for so many seconds at most; then it fails with a TimeoutError, and the port is closed. */
export function askInTime(reactor: ReactorUDP & ReactorTime, question: string, server: Address): Deferred<string> {
  return ask(reactor, question, server).addTimeout(2, reactor);
}
// endregion

// region signal
export async function find(reactor: ReactorCore, name: string, signal: AbortSignal): Promise<string> {
  return await reactor.resolve(name, { signal }); // throws signal.reason when it is aborted
}
// endregion

// region gather
/** All the answers; or the first failure, as a FirstError. */
export function askAll(reactor: ReactorUDP, question: string, servers: Address[]): Deferred<string[]> {
  return gatherResults(servers.map((server) => ask(reactor, question, server)));
}
// endregion

// region race
/** The first answer. The other questions are cancelled, which closes their ports. */
export function askAny(reactor: ReactorUDP, question: string, servers: Address[]): Deferred<string> {
  return race(servers.map((server) => ask(reactor, question, server))).addCallback(([, answer]) => answer);
}
// endregion

// region list
/** What became of each name. */
export function report(reactor: ReactorCore, names: string[]): Deferred<string[]> {
  return new DeferredList(names.map((name) => reactor.resolve(name))).addCallback((outcomes) =>
    outcomes.map(([success, result]) => (success ? result : result.message)),
  );
}
// endregion

// region async
export async function askEither(reactor: ReactorUDP & ReactorTime, one: Address, other: Address): Promise<string> {
  try {
    return await askInTime(reactor, 'time?', one);
  } catch {
    return await askInTime(reactor, 'time?', other);
  }
}
// endregion

type AskEither = (reactor: ReactorUDP & ReactorTime, one: Address, other: Address) => Deferred<string>;

// region inline
export const askEitherInline: AskEither = inlineCallbacks(function* (reactor, one, other) {
  try {
    return yield askInTime(reactor, 'time?', one);
  } catch {
    return yield askInTime(reactor, 'time?', other);
  }
});
// endregion

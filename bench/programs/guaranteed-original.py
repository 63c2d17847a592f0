"""
One end of gtUDP, measured as ours is: `receiver COUNT` or `sender PORT RATE COUNT`. The environment's GTUDP is gtudp.py.

The receiver says its port, and what it has seen when its input ends; the sender what it has sent when all is over. Times
are of the monotonic clock, which is one for all processes.
"""
import importlib.util
import json
import os
import queue
import socket
import struct
import sys
import time

SIZE = 512


class CountingSocket:
    def __init__(self, sock):
        self.sock = sock
        self.sent = 0
        self.recvfrom = sock.recvfrom
        self.fileno = sock.fileno

    def sendto(self, data, address):
        self.sent += 1
        return self.sock.sendto(data, address)


def start():
    spec = importlib.util.spec_from_file_location("gtudp", os.environ["GTUDP"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    counting = CountingSocket(sock)
    gtudp = module.GTUDP(counting)
    gtudp.start()
    return sock, counting, gtudp


def say(**facts):
    print(json.dumps(facts), flush=True)


def receive(count):
    sock, counting, gtudp = start()
    say(port=sock.getsockname()[1])
    before = time.process_time()
    times = []
    gtudp.settimeout(30)
    try:
        while len(times) < count:
            data, _ = gtudp.recvfrom()
            times.append((struct.unpack("!d", data[:8])[0], time.monotonic()))
    except queue.Empty:
        pass  # some are lost for good
    sys.stdin.read()
    gtudp.cleanup()
    latencies = sorted(received - sent for sent, received in times)
    span = max(received for _, received in times) - min(sent for sent, _ in times)

    def percentile(percent):
        return latencies[-(-percent * len(times) // 100) - 1]

    say(
        received=len(times),
        messagesPerSecond=len(times) / span,
        p50=percentile(50),
        p90=percentile(90),
        p99=percentile(99),
        sent=counting.sent,
        cpu=time.process_time() - before,
    )


def send(port, rate, count):
    sock, counting, gtudp = start()
    before = time.process_time()
    begin = time.monotonic()
    for i in range(count):
        if rate > 0:
            time.sleep(max(begin + i / rate - time.monotonic(), 0))
        data = struct.pack("!d", time.monotonic()) + bytes(SIZE - 8)
        gtudp.sendto(data, ("127.0.0.1", port))
    gtudp.cleanup()
    say(sent=counting.sent, cpu=time.process_time() - before)


role, *numbers = sys.argv[1:]
if role == "receiver":
    receive(int(numbers[0]))
else:
    send(int(numbers[0]), float(numbers[1]), int(numbers[2]))

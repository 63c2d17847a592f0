"""One round of the framing measurement, as programs/framing.ts does it: `twisted-lines.py CLASS MB LENGTH` receives so many
megabytes of lines of LENGTH bytes in pieces of 64 KiB, and prints how many lines came, and the seconds of processor time.
"""
import json
import sys
import time

from twisted.internet.testing import StringTransport
from twisted.protocols import basic

PIECE = 65536
name, megabytes, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
size = megabytes * 1000000
received = 0


class Lines(getattr(basic, name)):
    def lineReceived(self, line):
        global received
        received += 1


line = b"x" * (length - 2) + b"\r\n"
stream = line * (PIECE // length + 2)
protocol = Lines()
protocol.makeConnection(StringTransport())
before = time.process_time()
for at in range(0, size, PIECE):
    begin = at % length
    protocol.dataReceived(stream[begin : begin + min(PIECE, size - at)])
seconds = time.process_time() - before
print(json.dumps({"messages": received, "seconds": seconds}))

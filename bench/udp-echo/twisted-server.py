"""The echo server of Twisted's documentation. Prints its port."""
import socket

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol


class Echo(DatagramProtocol):
    def datagramReceived(self, datagram, address):
        self.transport.write(datagram, address)


port = reactor.listenUDP(0, Echo(), interface="127.0.0.1")
port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
print(port.getHost().port, flush=True)
reactor.run()

# SPDX-License-Identifier: MIT
"""NSD with the zone of all domains, and Unbound in front of it."""
import socket
import struct
from process import free_port

MANY = 40  # mail exchangers of many.example: too many for one datagram

ADDRESSES = {"mx": "127.0.0.2", "secure": "127.0.0.3", "impostor": "127.0.0.4",
             "small": "127.0.0.5", "old": "127.0.0.6", "dead": "127.0.0.9"}

ZONE = """\
$ORIGIN example.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
plain MX 10 mx
sender MX 10 mx
grey MX 10 mx
tls MX 10 secure
few MX 10 small
basic MX 10 old
wrong MX 10 impostor
two MX 10 dead
two MX 20 mx
gone MX 10 dead
null MX 0 .
alias CNAME plain
indirect MX 10 mx-alias
mx-alias CNAME mx
implicit A 127.0.0.2
text TXT "neither MX nor address"
lost MX 10 nowhere
"""

NSD = """\
server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  logfile: "{log}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  cookie-secret-file: "{folder}/cookies"
remote-control:
  control-enable: no
zone:
  name: "example."
  zonefile: "example.zone"
"""

# Every question goes to NSD, which refuses what is not its own: none leaves the machine.
UNBOUND = """\
server:
  interface: 127.0.0.1@{port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  do-daemonize: no
  use-syslog: no
  logfile: ""
  do-not-query-localhost: no
  do-ip6: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
stub-zone:
  name: "example."
  stub-addr: 127.0.0.1@{upstream}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
"""


def host_records():
    return "".join(f"{name} A {address}\n" for name, address in ADDRESSES.items())


def many_records():
    """Names that do not compress well, all of one server."""
    names = [f"mx-{i:02d}-{chr(97 + i % 26) * 40}" for i in range(MANY)]
    return "".join(f"many MX 10 {name}\n{name} A 127.0.0.2\n" for name in names)


class Names:
    """The resolver at 127.0.0.1, self.port."""

    def __init__(self, processes):
        folder = processes.work / "dns"
        folder.mkdir()
        upstream, self.port = free_port(), free_port()
        (folder / "example.zone").write_text(ZONE + host_records() + many_records())
        (folder / "nsd.conf").write_text(NSD.format(
            port=upstream, folder=folder, log=processes.log("nsd")))
        (folder / "unbound.conf").write_text(
            UNBOUND.format(port=self.port, upstream=upstream, folder=folder))
        sbin = processes.root / "usr/sbin"
        processes.start("nsd", [sbin / "nsd", "-d", "-c", folder / "nsd.conf"],
                        "127.0.0.1", upstream)
        processes.start("unbound", [sbin / "unbound", "-d", "-c",
                                    folder / "unbound.conf"], "127.0.0.1", self.port)

    def ask(self, name, kind, size=1232):
        """The header of the answer over UDP: (rcode, truncated, answers)."""
        labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
        question = labels + b"\0" + struct.pack("!HH", kind, 1)
        opt = b"\0" + struct.pack("!HHIH", 41, size, 0, 0)
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.settimeout(10)
            udp.connect(("127.0.0.1", self.port))
            udp.send(struct.pack("!6H", 4711, 0x100, 1, 0, 0, 1) + question + opt)
            _, flags, _, answers, _, _ = struct.unpack("!6H", udp.recv(65535)[:12])
        return flags & 15, bool(flags & 0x200), answers

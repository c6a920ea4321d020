# SPDX-License-Identifier: MIT
"""Postfix as mail exchanger, and the policy server that makes it greylist."""
import os
import pwd
import socketserver
import threading
from names import ADDRESSES
from process import free_port

# Accounts that each Debian has and that own nothing here; no account is made.
OWNER, GROUP = "uucp", "list"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {folder}
mail_owner = {owner}
setgid_group = {group}
default_privs = nobody
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH={libraries}
maillog_file = {log}
maillog_file_prefixes = {work}
myhostname = mx.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
local_header_rewrite_clients =
virtual_mailbox_domains = plain.example sender.example grey.example tls.example
  wrong.example few.example basic.example two.example alias.example indirect.example
  implicit.example many.example
virtual_mailbox_maps = regexp:{folder}/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient,
  check_policy_service inet:127.0.0.1:{policy}
smtpd_tls_session_cache_database =
smtp_tls_session_cache_database =
smtpd_tls_received_header = yes
"""

MASTER = """\
{mx}:{port} inet n - n - - smtpd
{secure}:{port} inet n - n - - smtpd
  -o myhostname=secure.example -o smtpd_tls_security_level=may
  -o smtpd_tls_cert_file={secure_cert} -o smtpd_tls_key_file={secure_key}
{impostor}:{port} inet n - n - - smtpd
  -o myhostname=impostor.example -o smtpd_tls_security_level=may
  -o smtpd_tls_cert_file={other_cert} -o smtpd_tls_key_file={other_key}
{small}:{port} inet n - n - - smtpd
  -o myhostname=small.example -o smtpd_recipient_limit=2 -o message_size_limit=4000
{old}:{port} inet n - n - - smtpd
  -o myhostname=old.example
  -o {{ smtpd_discard_ehlo_keywords = 8bitmime, pipelining, size, dsn, smtputf8,
  chunking, enhancedstatuscodes }}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

# Recipients of these names exist in every domain.
MAILBOXES = "/^user[-a-z0-9]*@/ yes\n"


class Greylisting(socketserver.StreamRequestHandler):
    """Postfix's policy protocol: in grey.example each recipient is put off once."""

    def handle(self):
        request = {}
        for line in self.rfile:
            key, _, value = line.decode().rstrip("\n").partition("=")
            request[key] = value
            if not key:
                self.wfile.write(f"action={self.decide(request)}\n\n".encode())
                request = {}

    def decide(self, request):
        recipient = request.get("recipient", "")
        if not recipient.endswith("@grey.example") or recipient in self.server.seen:
            return "DUNNO"
        self.server.seen.add(recipient)
        return "451 4.7.1 Greylisted, come back later"


class Policy(socketserver.ThreadingTCPServer):
    """Listens in a thread of ours."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Greylisting)
        self.seen = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


def make_queue(folder, owner, group):
    """What Postfix's own installation makes: folders with owners."""
    queue = folder / "queue"
    queue.mkdir()
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                 "incoming", "private", "saved", "trace"):
        (queue / name).mkdir(mode=0o700)
        os.chown(queue / name, owner, 0)
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        (queue / name).mkdir()
        os.chown(queue / name, owner, group)
        (queue / name).chmod(mode)
    (queue / "pid").mkdir(mode=0o755)
    (folder / "data").mkdir(mode=0o700)
    os.chown(folder / "data", owner, owner)


class Postfix:
    """Listens at self.port of the addresses of names.ADDRESSES, but for the dead one."""

    def __init__(self, processes, certificates, lmtp):
        self.processes, self.folder = processes, processes.work / "postfix"
        self.port, self.policy = free_port(), Policy()
        self.folder.mkdir()
        make_queue(self.folder, pwd.getpwnam(OWNER).pw_uid, pwd.getpwnam(GROUP).pw_gid)
        (self.folder / "mailboxes").write_text(MAILBOXES)
        (self.folder / "main.cf").write_text(MAIN.format(
            folder=self.folder, root=processes.root, work=processes.work, owner=OWNER,
            group=GROUP, libraries=processes.environment["LD_LIBRARY_PATH"],
            log=processes.log("postfix"), lmtp=lmtp,
            policy=self.policy.server_address[1]))
        secure, other = (certificates.of(f"{one}.example") for one in ("secure", "other"))
        (self.folder / "master.cf").write_text(MASTER.format(
            port=self.port, secure_cert=secure[0], secure_key=secure[1],
            other_cert=other[0], other_key=other[1], **ADDRESSES))
        self.start()

    def start(self):
        self.processes.start("postfix-master", [
            self.processes.root / "usr/lib/postfix/sbin/master", "-c", self.folder, "-d"],
            ADDRESSES["impostor"], self.port, MAIL_CONFIG=str(self.folder))

    def stop(self):
        self.processes.stop("postfix-master")

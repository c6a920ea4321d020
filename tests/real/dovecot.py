# SPDX-License-Identifier: MIT
"""Dovecot takes the mail by LMTP; curl reads it back through IMAP and POP3."""
import re
import shutil
import subprocess
from process import free_port, wait_until

PASSWORD = "secret"
MODULES = b"/usr/lib/dovecot/modules"
TRACE = (b"return-path", b"delivered-to", b"received")
# Accounts that each Debian has; no account is made.
OWNER, LOGIN, MAIL = "news", "proxy", "mail"

CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
libexec_dir = {root}/usr/lib/dovecot
mail_plugin_dir = {root}/usr/lib/dovecot/modules
instance_name = mailroute-real
import_environment = TZ LD_LIBRARY_PATH={libraries}
log_path = {log}
default_internal_user = {owner}
default_internal_group = {owner}
default_login_user = {login}
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/mail
hostname = store.example
postmaster_address = postmaster@plain.example
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail} gid={mail} home={folder}/home/%d/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


def curl(url, user, *options):
    done = subprocess.run(["curl", "-q", "-sS", "--max-time", "20",
                           "-u", f"{user}:{PASSWORD}", *options, url],
                          capture_output=True, timeout=30)
    if done.returncode:
        raise RuntimeError(f"curl {url} for {user}: {done.stderr.decode().strip()}")
    return done.stdout


def below_trace(mail):
    """The mail without the trace fields that stand at its top."""
    while True:
        field = re.match(rb"([!-9;-~]+):.*\r\n([ \t].*\r\n)*", mail)
        if not field or field.group(1).lower() not in TRACE:
            return mail
        mail = mail[field.end():]


def move_modules(processes, folder):
    """Dovecot looks for its modules by a fixed path: a copy of its library with ours."""
    source = processes.root / "usr/lib/dovecot"
    (processes.work / "modules").symlink_to(source / "modules")
    ours = str(processes.work / "modules").encode()
    library = (source / "libdovecot.so.0").read_bytes()
    if library.count(MODULES + b"\0") != 1 or len(ours) > len(MODULES):
        raise RuntimeError("libdovecot's path of modules cannot be replaced")
    (folder / "libdovecot.so.0").write_bytes(
        library.replace(MODULES + b"\0", ours.ljust(len(MODULES) + 1, b"\0")))
    return f"{folder}:{processes.environment['LD_LIBRARY_PATH']}"


class Dovecot:
    """Every user exists; who may get mail is what Postfix says."""

    def __init__(self, processes):
        folder = processes.work / "dovecot"
        (folder / "home").mkdir(parents=True)
        shutil.chown(folder / "home", MAIL, MAIL)
        libraries = move_modules(processes, folder)
        self.lmtp, self.imap, self.pop3 = free_port(), free_port(), free_port()
        configuration = folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, root=processes.root, log=processes.log("dovecot-mail"),
            libraries=libraries, owner=OWNER, login=LOGIN, mail=MAIL,
            password=PASSWORD, imap=self.imap, pop3=self.pop3, lmtp=self.lmtp))
        # doveconf hands its settings on, as dovecot's own start by fixed path does.
        argv = [processes.root / "usr/bin/doveconf", "-f", "service=master",
                "-c", configuration, "-m", "master",
                "-e", processes.root / "usr/sbin/dovecot", "-F", "-c", configuration]
        processes.start("dovecot", argv, "127.0.0.1", self.lmtp,
                        LD_LIBRARY_PATH=libraries)

    def count(self, user):
        found = curl(f"imap://127.0.0.1:{self.imap}/INBOX", user, "-X", "UID SEARCH ALL")
        return len(found.split()) - 2

    def by_imap(self, user, number):
        return curl(f"imap://127.0.0.1:{self.imap}/INBOX;MAILINDEX={number}", user)

    def by_pop3(self, user, number):
        return curl(f"pop3://127.0.0.1:{self.pop3}/{number}", user)

    def mail(self, user, expected=1):
        """The last of the user's mails, the same by both ways, after it has come."""
        wait_until(f"{expected} mail for {user}", lambda: self.count(user) >= expected)
        if self.count(user) != expected:
            raise AssertionError(f"{user} has {self.count(user)} mails, not {expected}")
        one, other = self.by_imap(user, expected), self.by_pop3(user, expected)
        if one != other:
            raise AssertionError(f"{user}: IMAP and POP3 differ: {one!r} {other!r}")
        return one

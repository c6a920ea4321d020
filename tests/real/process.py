# SPDX-License-Identifier: MIT
"""Server processes that end with this program, and the ports that they listen on."""
import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
libc = ctypes.CDLL(None, use_errno=True)


def library_path(root):
    """The folders of an unpacked package tree that hold shared objects."""
    folders = [root / "usr/lib" / one for one in (
        "postfix", "dovecot", "dovecot/modules/old-stats")]
    folders += [*root.glob("usr/lib/*-linux-*"), *root.glob("lib/*-linux-*")]
    return ":".join(str(one) for one in folders)


def free_port():
    """A port that is free for TCP and UDP on every address."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("0.0.0.0", 0))
            try:
                udp.bind(("0.0.0.0", tcp.getsockname()[1]))
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise RuntimeError("no free port")


def listens(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def wait_until(what, condition, seconds=10.0):
    """The first true value of condition()."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not after {seconds:g} s")
        time.sleep(0.05)


def tail(path, lines=15):
    text = pathlib.Path(path).read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def children():
    """Our children by /proc, those included that we inherited."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(rest[1]) == os.getpid():
            found.append(int(stat.parent.name))
    return found


class Processes:
    """Starts programs out of an unpacked tree; the last word stops all of them."""

    def __init__(self, root, work):
        self.root, self.work, self.running = root, work, {}
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
                            "LD_LIBRARY_PATH": library_path(root)}
        (work / "log").mkdir()
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)

    def log(self, name):
        return self.work / "log" / f"{name}.log"

    def start(self, name, argv, address, port, **environment):
        with open(self.log(name), "ab") as log:
            process = subprocess.Popen(
                [str(one) for one in argv], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**self.environment, **environment},
                start_new_session=True,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        self.running[name] = process
        wait_until(f"{name} listening", lambda: self.ready(name, process, address, port))

    def ready(self, name, process, address, port):
        if process.poll() is not None:
            raise RuntimeError(
                f"{name} ended ({process.returncode}): {tail(self.log(name))}")
        return listens(address, port)

    def run(self, *argv):
        """A tool out of the same tree; an error is an exception."""
        done = subprocess.run([str(one) for one in argv], env=self.environment, text=True,
                              capture_output=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{argv[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def stop(self, name, how=signal.SIGTERM):
        process = self.running.pop(name)
        process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self):
        for name in reversed(list(self.running)):
            self.stop(name)
        deadline = time.monotonic() + 2
        while children():
            sort = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
            for pid in children():
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, sort)
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)

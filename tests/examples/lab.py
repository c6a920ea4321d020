# SPDX-License-Identifier: MIT
"""What the cases of run.py share: the little network, programs and terminals."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds until a program counts as stuck


class Network:
    """DNS and mail servers of examples/demo/demo.zone, fresh for each case."""

    def __init__(self, build, place):
        self.place = pathlib.Path(place)
        self.programs = build / "examples"
        self.mails = self.place / "mails"
        self.mails.mkdir()
        self.log = open(self.place / "servers.log", "w+", encoding="utf-8")
        self.servers = subprocess.Popen(
            [self.programs / "demo_servers", ROOT / "examples/demo/demo.zone",
             self.mails], stdin=subprocess.PIPE, stdout=self.log,
            stderr=subprocess.STDOUT)
        wait_until(lambda: self.lines("ready"), "the servers are ready")
        _, dns, self.port = self.lines("ready")[0].split()
        self.resolver = f"127.0.0.10:{dns}"
        self.way = ["--resolver", self.resolver, "--port", self.port,
                    "--allow-special"]

    def lines(self, start):
        text = (self.place / "servers.log").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line.startswith(start)]

    def stored(self, recipient):
        """The mails that arrived for somebody, as text."""
        paths = [line.split()[1] for line in self.lines("stored")
                 if f" for {recipient} " in line]
        return [pathlib.Path(path).read_text(encoding="utf-8") for path in paths]

    def run(self, program, *args, **more):
        """(status, standard output, standard error)"""
        more.setdefault("input", "")
        done = subprocess.run([self.programs / program, *args], capture_output=True,
                              text=True, timeout=PATIENCE, check=False, **more)
        return done.returncode, done.stdout, done.stderr

    def start(self, program, *args):
        return subprocess.Popen([self.programs / program, *args], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def close(self):
        self.servers.stdin.close()
        self.servers.wait(PATIENCE)
        self.log.close()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, network, program, *args):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            path = str(network.programs / program)
            os.execv(path, [path, *args])

    def read_until(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            left = end - time.monotonic()
            if left <= 0 or not self.read_some(left):
                raise AssertionError(f"no {pattern!r} in {self.text!r}")

    def read_some(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            octets = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += octets.decode("utf-8", "replace")
        return bool(octets)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Reads the rest; the exit status."""
        while self.read_some(PATIENCE):
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def equal(got, wanted, what=""):
    assert got == wanted, f"{what}{': ' if what else ''}{got!r}, not {wanted!r}"


def match(pattern, text):
    assert re.search(pattern, text, re.M), f"no {pattern!r} in {text!r}"


def run_cases(cases, build):
    """Runs each case on a network of its own, tells, and counts."""
    failed = 0
    for case in cases:
        name = case.__name__
        try:
            with tempfile.TemporaryDirectory() as place:
                network = Network(build, place)
                try:
                    case(network)
                finally:
                    network.close()
            print(f"ok {name}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            why = " ".join(f"{type(error).__name__} {error}".split())
            print(f"not ok {name}: {why}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)

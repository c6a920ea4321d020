# SPDX-License-Identifier: MIT
"""Runs the example program at our servers and reads its JSON lines."""
import dataclasses
import json
import os
import subprocess
import threading

SANE = {"PATH": "/usr/bin:/bin", "LANG": "C"}
SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


@dataclasses.dataclass
class Run:
    """One run of it: lines are its JSON objects."""
    command: str
    code: int
    lines: list
    errors: str

    def events(self, kind):
        return [one for one in self.lines if one.get("event") == kind]

    def outcomes(self, recipient):
        return [one for one in self.events("outcome") if one["recipient"] == recipient]

    def result(self, recipient):
        found = [one for one in self.events("result") if one["recipient"] == recipient]
        assert len(found) == 1, f"{len(found)} results for {recipient}\n{self}"
        return found[0]

    def commands(self, verb):
        """What was sent that begins so."""
        return [one["text"] for one in self.events("trace")
                if one["direction"] == "sent" and one["text"].upper().startswith(verb)]

    def __str__(self):
        lines = "\n".join(json.dumps(one) for one in self.lines)
        return f"$ {self.command}\nexit code {self.code}\n{lines}\n{self.errors}"


class Program:
    """mailroute, told where our resolver and mail exchangers are."""

    def __init__(self, path, work, resolver, port):
        self.path, self.work, self.number = path, work, 0
        self.way = ["--resolver", f"127.0.0.1:{resolver}", "--port", str(port),
                    "--helo", "client.example", "--allow-special", "--json"]

    def start(self, command, *options):
        argv = [str(one) for one in (self.path, command, *self.way, *options)]
        kept = {name: os.environ[name] for name in SANITIZERS if name in os.environ}
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env={**SANE, **kept})

    def finish(self, process, seconds=30):
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += f"did not end within {seconds} s\n".encode()
        command = " ".join(process.args)
        text, said = out.decode(errors="replace"), errors.decode(errors="replace")
        try:
            lines = [json.loads(line) for line in text.splitlines()]
        except ValueError as error:
            raise AssertionError(
                f"no JSON ({error}): $ {command}\n{text}\n{said}") from None
        return Run(command, process.returncode, lines, said)

    def until(self, process, text, seconds=20):
        """Reads the program's lines up to the first with this text."""
        guard = threading.Timer(seconds, process.kill)
        guard.start()
        try:
            while line := process.stdout.readline():
                if text in line.decode(errors="replace"):
                    return
        finally:
            guard.cancel()
        raise AssertionError(f"no {text}\n{self.finish(process)}")

    def run(self, command, *options, seconds=30):
        return self.finish(self.start(command, *options), seconds)

    def send(self, raw, sender, recipients, *options):
        """Sends a finished message."""
        self.number += 1
        path = self.work / f"message-{self.number}.eml"
        path.write_bytes(raw)
        to = [word for one in recipients for word in ("--to", one)]
        return self.run("send", "--raw", path, "--from", sender, *to, "-v", *options)

    def explain(self, *addresses):
        return self.run("explain", *addresses)

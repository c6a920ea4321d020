# SPDX-License-Identifier: MIT
"""docs/session.md names the states of lib/smtp/states.h with their timeouts."""
import re
import sys

from law import ROOT

table = (ROOT / "lib/smtp/states.h").read_text(encoding="utf-8").replace("\\\n", " ")
rows = re.findall(r'X\(\w+, "([\w-]+)", \w+, \w+,\s+(\w+),', table)
code = [(name, "" if timeout == "0" else
         timeout.removeprefix("MR_OPT_").lower().replace("_", "-"))
        for name, timeout in rows]
page = (ROOT / "docs/session.md").read_text(encoding="utf-8")
told = [(cells[1].strip(), cells[4].strip())
        for cells in (line.split("|") for line in page.splitlines())
        if len(cells) == 6 and cells[1].strip() not in ("state", "---")]
if code != told or len(code) < 10:
    print("docs/session.md and lib/smtp/states.h differ:")
    for pair in sorted(set(code) ^ set(told)):
        print("  %s (timeout %s)" % (pair[0], pair[1] or "none"))
    sys.exit(1)

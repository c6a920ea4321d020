# SPDX-License-Identifier: MIT
"""The core calls no C library beyond a handful, and has no mutable global.

nm.py BUILD-FOLDER: a build by gcc -O2 without sanitizers and fortification."""
import re
import sys
from pathlib import Path
from law import run, verdict

ALLOWED = {"memcpy", "memset", "memmove", "memcmp", "memchr", "strlen", "__assert_fail",
           "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
OURS = re.compile(r"mr_\w+$")
# Other libraries are known by name, and only where their headers are (includes.py).
FOREIGN = ((re.compile(r"gnutls_\w+$"), {"crypto", "tls"}),
           (re.compile(r"ldns_\w+$"), {"dns"}),
           (re.compile(r"(idn2|u8|uc|u32|unicode)_\w+$"), {"text"}))
HOSTED = {"driver", "store"}
MUTABLE = re.compile(r"\.(data|bss|tdata|tbss)(\.(?!rel\.ro)\S+)?$|\*COM\*$")


def objects(build):
    """(floor, object file) of the core."""
    for path in sorted(build.glob("CMakeFiles/mr_*.dir/lib/*/*.o")):
        floor = path.parent.name
        if floor not in HOSTED and path.name != "env_default.c.o":
            yield floor, path


def calls(floor, path):
    _, text = run(["nm", "--undefined-only", "-P", str(path)])
    for line in text.splitlines():
        symbol = line.split()[0]
        foreign = any(pattern.match(symbol) and floor in floors
                      for pattern, floors in FOREIGN)
        if symbol not in ALLOWED and not OURS.match(symbol) and not foreign:
            yield f"{floor}/{path.name}: calls {symbol}"


def globals_of(floor, path):
    _, text = run(["objdump", "-t", str(path)])
    for line in text.splitlines():
        match = re.match(r"[0-9a-f]+ .{7} (\S+)\t(\S+)\s+(.*)$", line)
        if match and MUTABLE.match(match.group(1)) and int(match.group(2), 16):
            what = match.group(3).replace(".hidden ", "")
            yield f"{floor}/{path.name}: {what} can be written ({match.group(1)})"


def main():
    problems = []
    count = 0
    for floor, path in objects(Path(sys.argv[1])):
        count += 1
        problems += calls(floor, path)
        problems += globals_of(floor, path)
    verdict(problems, count)


main()

# SPDX-License-Identifier: MIT
"""No #include goes up or sideways (lib/README.md)."""
import re
from law import files, name, verdict, without_comments

FLOOR = {"base": 0, "text": 1, "crypto": 1, "message": 2, "dns": 2, "tls": 2, "route": 3,
         "smtp": 3, "queue": 4, "router": 5, "driver": 6, "store": 6}
HEADER = {"options": "base", "base": "base", "channel": "base", "address": "text",
          "address_list": "text",
          "event": "text", "message": "message", "mime": "message", "dsn": "message",
          "dkim": "message",
          "resolver": "dns", "tls": "tls",
          "route": "route", "session": "smtp", "queue": "queue", "store": "queue",
          "router": "router", "driver": "driver"}
FREESTANDING = {"stddef.h", "stdint.h", "string.h", "stdarg.h", "stdatomic.h",
                "limits.h", "assert.h", "stdalign.h"}
# Foreign headers and the only places that may name them.
FOREIGN = ((r"gnutls/", r"lib/(crypto|tls)/"), (r"ldns/", r"lib/dns/codec\.c$"),
           (r"idn2\.h", r"lib/text/idn\.c$"),
           (r"uni(str|norm|case|ctype)\.h", r"lib/text/"),
           (r"errno\.h", r"lib/tls/"))  # constants for GnuTLS; the nm law sees the rest
HOSTED = re.compile(r"lib/(driver/|store/|base/env_default\.c$)")


def may(folder, target):
    return folder == target or FLOOR[target] < FLOOR[folder]


def system(where, header):
    for pattern, place in FOREIGN:
        if re.match(pattern, header) and re.match(place, where):
            return None
    foreign = any(re.match(pattern, header) for pattern, _ in FOREIGN[:-1])
    if header in FREESTANDING or (HOSTED.match(where) and not foreign):
        return None
    return f"<{header}> has no place here"


def public(folder, header, where):
    stem = header[len("mailroute/"):-len(".h")]
    if stem == "mailroute":
        return None if folder in ("driver", "store") else "the umbrella is for programs"
    target = HEADER.get(stem, "store" if stem.startswith("store_") else None)
    if target is None:
        return f"<{header}> is on no floor"
    if may(folder, target):
        return None
    return f"{where}: <{header}> is floor {FLOOR[target]}, {folder} floor {FLOOR[folder]}"


def internal(folder, header):
    target = header.split("/")[0]
    if "/" not in header or target not in FLOOR:
        return f'"{header}": say "folder/file.h"'
    if folder in ("driver", "store") and folder != target:
        return f'"{header}": {folder} sees public headers only'
    if not may(folder, target):
        return f'"{header}": {target} is not below {folder}'
    return None


def judge(where, folder, mark, header):
    if mark == '"':
        return internal(folder, header) if where.startswith("lib/") else "use <>"
    if header.startswith("mailroute/"):
        return public(folder, header, where)
    return system(where, header)


def folder_of(path):
    where = name(path)
    if where.startswith("lib/"):
        return where.split("/")[1]
    if path.stem == "mailroute":
        return "driver"
    return HEADER.get(path.stem, "store" if path.stem.startswith("store_") else None)


def examples(problems):
    """Programs use public headers; the demo's servers are those of the kit."""
    count = 0
    for path in files(["examples"], {".c", ".h"}):
        for number, mark, header in includes(path):
            count += 1
            demo = name(path).startswith("examples/demo/") and header.startswith("kit/")
            if mark == '"' and not demo and not (path.parent / header).is_file():
                problems.append(f'{name(path)}:{number}: "{header}" is not its own')
    return count


def includes(path):
    text = without_comments(path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
        if match:
            yield number, match.group(1), match.group(2)


def main():
    problems = []
    count = examples(problems)
    for path in files(["lib", "include"], {".c", ".h"}):
        folder = folder_of(path)
        if folder not in FLOOR:
            problems.append(f"{name(path)}: on no floor")
            continue
        for number, mark, header in includes(path):
            count += 1
            wrong = judge(name(path), folder, mark, header)
            if wrong:
                problems.append(f"{name(path)}:{number}: {wrong}")
    verdict(problems, count)


main()

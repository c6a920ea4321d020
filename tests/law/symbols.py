# SPDX-License-Identifier: MIT
"""Exported symbols = declared functions = docs/symbols; constants = docs/abi/constants;
nothing global lacks mr_.

symbols.py BUILD-FOLDER [--accept]"""
import re
import sys
from pathlib import Path
from law import PUBLIC, ROOT, declared, run, verdict, without_comments

SYMBOLS = ROOT / "docs" / "symbols"
CONSTANTS = ROOT / "docs" / "abi" / "constants"


def exported(library):
    code, text = run(["nm", "-D", "--defined-only", str(library)])
    if code:
        return None
    names = set()
    for line in text.splitlines():
        symbol = line.split()[-1].split("@")
        if len(symbol) > 1 or line.split()[-2] != "A":
            names.add(symbol[0])
    return {one for one in names if not one.startswith("MAILROUTE_")}


def bare(archive):
    """Global symbols of the archive that are not in our name space."""
    _, text = run(["nm", "-g", "--defined-only", str(archive)])
    for line in text.splitlines():
        parts = line.split()
        if len(parts) == 3 and not parts[2].startswith("mr_"):
            yield f"{parts[2]}: global without mr_"


def constants():
    """"NAME = number" of each enumeration, which all say their numbers."""
    for header in PUBLIC.glob("*.h"):
        text = without_comments(header.read_text(encoding="utf-8"))
        for body in re.findall(r"\benum\s+\w*\s*\{([^}]*)\}", text):
            for one in body.split(","):
                if one.strip():
                    yield " ".join(one.split())


def compare(left, right, words):
    return ([f"{one}: {words[0]}" for one in sorted(left - right)] +
            [f"{one}: {words[1]}" for one in sorted(right - left)])


def keep(path, lines):
    """The committed list must be this one; with --accept it becomes so."""
    if "--accept" in sys.argv:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{one}\n" for one in sorted(lines)), encoding="utf-8")
    kept = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    where = path.relative_to(ROOT)
    return compare(set(lines), set(kept), (f"not in {where} (symbols.py BUILD --accept)",
                                           f"in {where}, but gone"))


def main():
    build = Path(sys.argv[1])
    library, archive = build / "libmailroute.so", build / "libmailroute.a"
    symbols = exported(library)
    if symbols is None or not archive.is_file():
        verdict([f"{build}: no libmailroute.so and libmailroute.a"], 1)
    problems = compare(symbols, declared(), ("exported, not declared with MR_API",
                                             "declared with MR_API, not exported"))
    numbers = list(constants())
    problems += [f"{one}: says no number" for one in numbers if " = " not in one]
    problems += list(bare(archive))
    problems += keep(SYMBOLS, declared())
    problems += keep(CONSTANTS, numbers)
    verdict(problems, len(symbols) + len(numbers))


main()

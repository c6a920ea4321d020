# SPDX-License-Identifier: MIT
"""docs/coverage.md: which test files name which rule, bug and fault.

coverage.py checks the file, coverage.py --update writes it. A test names a number as R44,
bug 14 or fault 45 in a comment, or as r44, bug_14 or fault_45 in its own name."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "coverage.md"
RULE = r"(?:(?<![A-Za-z0-9])R|(?<=[a-z0-9]_)r)(\d{1,3})(?![A-Za-z0-9])"
KINDS = (("R", "Rules", re.compile(RULE)),
         ("bug ", "Bugs of comparable software",
          re.compile(r"(?<![A-Za-z])bug[ _](\d{1,3})(?!\d)")),
         ("fault ", "Bad input and faults",
          re.compile(r"(?<![A-Za-z])fault[ _](\d{1,3})(?!\d)")))
NOT_TESTS = {"tests/coverage.py"}
INTRODUCTION = """# Which test names what

Made by `tests/coverage.py --update` from the tests; a test fails when it is out of date.
Rules are those of the decision table, bugs and faults those of the catalogue of bad
input.
"""


def collect():
    """{kind: {number: files}}"""
    found = {kind: {} for kind, _, _ in KINDS}
    for path in sorted((ROOT / "tests").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in (".c", ".h", ".py", ".sh") or name in NOT_TESTS:
            continue
        text = path.read_text(encoding="utf-8")
        for kind, _, pattern in KINDS:
            for number in set(pattern.findall(text)):
                found[kind].setdefault(int(number), []).append(name)
    return found


def render(found):
    lines = [INTRODUCTION]
    for kind, title, _ in KINDS:
        rows = found[kind]
        lines.append(f"## {title}: {len(rows)}\n\n| number | named by |\n|---|---|")
        for number in sorted(rows):
            places = ", ".join(f"`{one[len('tests/'):]}`" for one in rows[number])
            lines.append(f"| {kind}{number} | {places} |")
        lines.append("")
    return "\n".join(lines)


def main():
    text = render(collect())
    if "--update" in sys.argv:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text, encoding="utf-8")
        return 0
    kept = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else ""
    rows = re.compile(r"^\| ((?:R|bug |fault )\d+) \|", re.M)
    lost = sorted(set(rows.findall(kept)) - set(rows.findall(text)))
    for number in lost:
        print(f"{number}: no test names it any more")
    if kept != text:
        print("docs/coverage.md is out of date: tests/coverage.py --update")
    print(f"{len(rows.findall(text))} numbers are named")
    return 1 if lost or kept != text else 0


sys.exit(main())

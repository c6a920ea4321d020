# SPDX-License-Identifier: MIT
"""Counts the tests in ctest's JUnit file: count.py FILE prints "PASSED FAILED", and what
the failed ones said on the other stream.

A program that says how many tests it holds (CMocka, or a last line "3 passed, 0 failed")
counts as so many, any other as one. What did not run, was skipped, or fails behind its
tests (a leak found at the end) counts as failed."""
import re
import sys
import xml.etree.ElementTree as tree

# CMocka: "[  PASSED  ] 3 test(s)." and "[  FAILED  ] 1 test(s), listed below:"
CMOCKA = {word: re.compile(rf"^\[  {word} *\] (\d+) test\(s\)", re.M)
          for word in ("PASSED", "FAILED", "SKIPPED")}
LINES = 120  # of a failed test that are shown
OWN = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def count(text, good):
    passed = sum(int(one) for one in CMOCKA["PASSED"].findall(text))
    failed = sum(int(one) for word in ("FAILED", "SKIPPED")
                 for one in CMOCKA[word].findall(text))
    for own in OWN.findall(text)[-1:]:
        passed, failed = passed + int(own[0]), failed + int(own[1])
    if good and not passed and not failed:
        passed = 1
    if not good and not failed:
        failed = 1
    return passed, failed


def main():
    passed = failed = 0
    for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        one = count(output, case.get("status") == "run")
        passed, failed = passed + one[0], failed + one[1]
        if one[1]:
            said = "\n  ".join(output.splitlines()[-LINES:])
            print(f"-- {case.get('name')} failed:\n  {said}", file=sys.stderr)
    print(passed, failed)


main()

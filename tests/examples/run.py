# SPDX-License-Identifier: MIT
"""Runs the programs of examples/ as a person would. Usage: run.py BUILD_DIR"""
import pathlib
import sys
import cases_mailroute
import cases_message
import cases_programs
from lab import run_cases


def cases_of(*modules):
    """Functions named case_…, in the order in which they are written."""
    found = []
    for module in modules:
        found += [value for key, value in vars(module).items()
                  if key.startswith("case_")]
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: run.py BUILD_DIR")
    build = pathlib.Path(sys.argv[1]).resolve()
    run_cases(cases_of(cases_programs, cases_mailroute, cases_message), build)


main()

# SPDX-License-Identifier: MIT
"""cppcheck over the library."""
import os
import sys
from law import ROOT, files, run, verdict

# What is not asked of the code, and why.
SUPPRESS = (
    "missingIncludeSystem",  # the system's headers are not cppcheck's business
    "unusedStructMember",    # tables for the host and records are filled here, read there
    "unmatchedSuppression",
)


def main():
    targets = sys.argv[1:] or ["lib"]
    command = ["cppcheck", "--std=c11", "--quiet", "--error-exitcode=1", "--inline-suppr",
               "--enable=warning,performance,portability", "-j", str(os.cpu_count() or 1),
               "-I", "include", "-I", "lib", "-DMR_WITH_TLS=1", "-DMR_WITH_DNS=1",
               "-DMR_WITH_IDN=1", "-DMR_WITH_DRIVER=1", '-DMR_VERSION="0"',
               "-D__GNUC__=12"]
    command += [f"--suppress={one}" for one in SUPPRESS]
    code, text = run(command + targets, cwd=ROOT)
    verdict([text.strip()] if code or text.strip() else [], len(files(["lib"], {".c"})))


main()

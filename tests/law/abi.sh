#!/bin/sh
# SPDX-License-Identifier: MIT
# The binary interface is the one of docs/abi/libmailroute.abi.
# abi.sh BUILD-FOLDER: fails on any difference. abi.sh --accept BUILD-FOLDER: takes it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
accept=no
if [ "${1-}" = --accept ]; then
  accept=yes
  shift
fi
build=${1:?the build folder (gcc, with debug information)}
kept=$root/docs/abi/libmailroute.abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
now=$work/now.abi

# What is declared outside the public headers is nobody's business: such types become
# opaque. The label is how libabigail knows that kind of rule; its own --headers-dir goes
# by file names without folders, and ours repeat below lib/.
cat >"$work/private" <<'END'
[suppress_type]
  label = Artificial private types suppression specification
  source_location_not_regexp = include/mailroute/
  drop = yes
END
abidw --suppressions "$work/private" --drop-undefined-syms --exported-interfaces-only \
  --no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed --no-architecture \
  --no-parameter-names --no-write-default-sizes --out-file "$work/raw.abi" \
  "$build/libmailroute.so"
sed "s|^ *||; s|$root/||" "$work/raw.abi" >"$now"
if [ "$accept" = yes ]; then
  mkdir -p "$root/docs/abi"
  cp "$now" "$kept"
  echo "docs/abi/libmailroute.abi: $(wc -c <"$kept") octets"
  exit 0
fi
if ! abidiff --no-architecture --no-show-locs "$kept" "$now"; then
  echo "The binary interface changed. If that is meant: tests/law/abi.sh --accept $build"
  exit 1
fi

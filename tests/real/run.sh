#!/bin/sh
# SPDX-License-Identifier: MIT
# Mail from the example program to real servers on loopback: NSD behind Unbound, Postfix
# handing over to Dovecot. The servers come from Debian's packages, unpacked below
# BUILD_DIR/real-packages; nothing is installed and no service of the machine is touched.
set -u
usage="usage: sh tests/real/run.sh [BUILD_DIR] [CASE]..."
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in -*) echo "$usage" >&2 && exit 64 ;; esac
build=${1:-${MAILROUTE_BUILD:-$here/../../build/gcc}}
[ $# -eq 0 ] || shift
servers="nsd unbound postfix dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd"

give_up() {
  echo "not ok setup: $*"
  echo "0 passed, 1 failed"
  exit 1
}

build=$(cd "$build" 2>/dev/null && pwd) || give_up "no such folder: $build"
if [ "$(id -u)" -ne 0 ]; then
  echo "Postfix and Dovecot change between accounts, so this needs root: sudo"
  exec sudo sh "$here/run.sh" "$build" "$@"
fi
[ -x "$build/examples/mailroute" ] || give_up "$build/examples/mailroute is not built"
for tool in curl openssl /usr/bin/python3 apt-get dpkg cc pkg-config perl unshare \
  opendkim-testmsg; do
  command -v "$tool" >/dev/null || give_up "$tool is missing"
done
pkg-config --exists gmime-3.0 || give_up "libgmime-3.0-dev is missing"
/usr/bin/python3 -c "import dkim, nacl" ||
  give_up "python3-dkim or python3-nacl is missing"
perl -MMail::DKIM::ARC::Verifier -e 1 || give_up "libmail-dkim-perl is missing"
for program in real_generate real_lists; do
  [ -x "$build/tests/$program" ] || give_up "$build/tests/$program is not built"
done

# The servers, and the libraries that they need and this machine does not have.
wanted() {
  # The names are words.
  # shellcheck disable=SC2086
  printf '%s\n' $servers
  # shellcheck disable=SC2086
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances $servers | grep '^lib' | sort -u | while read -r name; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
      echo "$name"
  done
}

fetch() {
  rm -rf "$cache.new" && mkdir -p "$cache.new/debs" "$cache.new/root" || return 1
  # shellcheck disable=SC2046
  (cd "$cache.new/debs" && apt-get -q download $(wanted)) || return 1
  for package in "$cache.new"/debs/*.deb; do
    dpkg -x "$package" "$cache.new/root" || return 1
  done
  for server in $servers; do
    ls "$cache.new/debs/${server}_"*.deb >/dev/null || return 1
  done
  rm -rf "$cache.new/debs" "$cache" && mv "$cache.new" "$cache"
}

cache=$build/real-packages
if [ ! -d "$cache" ]; then
  log=$build/real-packages.log
  fetch >"$log" 2>&1 || { apt-get -q update && fetch; } >>"$log" 2>&1 ||
    { tail -n 20 "$log" && give_up "the servers cannot be fetched, see $log"; }
fi

work=$(mktemp -d /tmp/mr.XXXXXX) || give_up "no temporary folder"
chmod 755 "$work" # the servers' own accounts go through it
child=""
# shellcheck disable=SC2154
trap 'code=$?; [ -z "$child" ] || { kill "$child"; wait "$child"; } 2>/dev/null
  rm -rf "$work"; exit "$code"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
/usr/bin/python3 -B "$here/main.py" "$build/examples/mailroute" "$cache/root" "$work" \
  "$@" &
child=$!
wait "$child"
code=$?
child=""
exit "$code"

#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds libmailroute and sends one mail to five people in four domains, all of them on
# this machine: DNS and mail servers run on loopback, on high ports; nothing leaves it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

install_missing() {
  missing=
  for package in build-essential cmake pkg-config libgnutls28-dev libldns-dev \
    libidn2-dev; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "Installing what the build needs:$missing"
  root=
  [ "$(id -u)" = 0 ] || root=sudo
  $root apt-get update -qq
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends $missing >/dev/null
}

if command -v dpkg-query >/dev/null; then install_missing; fi

say "Building (build/)"
cmake -S . -B build -DMAILROUTE_TESTS=OFF -DMAILROUTE_EXAMPLES=ON >build.log 2>&1 ||
  { cat build.log; exit 1; }
mv build.log build/quickstart.log
cmake --build build --parallel "$(nproc)" >>build/quickstart.log 2>&1 ||
  { tail -40 build/quickstart.log; exit 1; }

place=$(pwd)/build/quickstart
rm -rf "$place"
mkdir -p "$place"
mkfifo "$place/stop"
build/examples/demo_servers examples/demo/demo.zone "$place" \
  <"$place/stop" >"$place/servers.log" 2>&1 &
servers=$!
exec 9>"$place/stop"
trap 'exec 9>&-; kill $servers 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM
tries=0
until grep -q '^ready' "$place/servers.log"; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ] || ! kill -0 $servers 2>/dev/null; then
    cat "$place/servers.log"
    exit 1
  fi
  sleep 0.1
done
read -r _ dns_port smtp_port <<EOT
$(grep '^ready' "$place/servers.log")
EOT

network="--resolver 127.0.0.10:$dns_port --port $smtp_port --allow-special"
people="alice@swift.test nobody@swift.test greta@patient.test dora@backup.test"
people="$people tess@secret.test"

say "Where the mail will go (mailroute explain)"
# shellcheck disable=SC2086
build/examples/mailroute explain $network $people

say "Sending, with the transcript (mailroute send --verbose)"
to=
for person in $people; do to="$to --to $person"; done
status=0
# shellcheck disable=SC2086
build/examples/mailroute send $network $to --from me@origin.test \
  --helo origin.test --subject 'Hello from libmailroute' \
  --body 'One message, five recipients, four domains.' \
  --retry-after 1 --give-up-after 30 --verbose 2>&1 >"$place/outcomes" || status=$?

say "What became of each recipient"
cat "$place/outcomes"
if [ "$status" != 69 ]; then
  echo "quickstart: exit status 69 was expected (one recipient is refused), not $status"
  exit 1
fi

say "The stored messages"
grep '^stored' "$place/servers.log"
bounces=$(grep -c ' for me@origin.test ' "$place/servers.log" || :)
mails=$(grep -c '^stored' "$place/servers.log" || :)
if [ "$mails" != 5 ] || [ "$bounces" != 1 ]; then
  echo "quickstart: 4 mails and 1 bounce were expected"
  exit 1
fi

say "Done: 4 delivered, 1 refused and bounced to me@origin.test"
echo "Look at the bounce:      cat $place/mx.origin.test/new/*"
echo "Write your own program:  docs/tutorial.md"
echo "Try your own domain:     build/examples/mailroute explain you@your.domain"
echo "Everything it can do:    build/examples/mailroute --help"

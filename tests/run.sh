#!/bin/sh
# SPDX-License-Identifier: MIT
# All tests, in one command: see usage below. Builds below build/ and changes nothing else
# but the Debian packages that are missing.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1

usage() {
  cat <<'END'
usage: sh tests/run.sh [--quick | --accept] [--slow] [--fuzz=SECONDS] [--no-install]

  (none)          everything: gcc and clang with sanitizers, the build without TLS, DNS,
                  IDN and driver, the laws, real servers, packaging
  --quick         one gcc build and its tests, without laws, servers and packaging
  --accept        build with gcc and rewrite docs/symbols, docs/abi and docs/coverage.md:
                  only after a change of the interface that is meant
  --slow          larger exhaustive and torture tests on top (many minutes)
  --fuzz=SECONDS  each fuzz target for so long on top, from the committed corpora
  --no-install    never call apt-get; what is missing is a failure
  --help          this text

The last line is the count: "N passed, N failed". Logs are in build/log/.
END
}

packages="build-essential g++ clang libclang-rt-14-dev cmake ninja-build pkg-config
  libgnutls28-dev libldns-dev libidn2-dev libunistring-dev libcmocka-dev python3
  python3-cffi doxygen abigail-tools clang-format clang-tidy cppcheck universal-ctags
  curl libgmime-3.0-dev python3-dkim python3-nacl opendkim-tools libmail-dkim-perl"
quick=no slow=no accept=no fuzz=0 install=yes
for option in "$@"; do
  case $option in
  --quick) quick=yes ;;
  --slow) slow=yes ;;
  --accept) accept=yes ;;
  --fuzz=*[!0-9]* | --fuzz=) usage >&2 && exit 2 ;;
  --fuzz=*) fuzz=${option#--fuzz=} ;;
  --no-install) install=no ;;
  --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

python=/usr/bin/python3 # Debian's own: another one does not see Debian's modules
jobs=$(nproc)
logs=$root/build/log
passed=0
failed=0
broken=""
only=""
mkdir -p "$logs"
ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
CMOCKA_MESSAGE_OUTPUT=STDOUT
export ASAN_OPTIONS UBSAN_OPTIONS CMOCKA_MESSAGE_OUTPUT

heading() {
  printf '\n== %s\n' "$*"
}

# add NAME PASSED FAILED: counts, and remembers what failed.
add() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  echo "$1: $2 passed, $3 failed"
  [ "$3" -eq 0 ] || broken="$broken
  $1: $3 failed"
}

install_packages() {
  command -v dpkg-query >/dev/null || return 0 # not Debian: it is all there, or fails
  missing=""
  for package in $packages; do
    case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
    "install ok installed") ;;
    *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  heading "Packages"
  echo "The tests need:$missing"
  [ "$install" = yes ] || return 1
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  # The names are words.
  # shellcheck disable=SC2086
  $sudo apt-get update -q >"$logs/apt.log" 2>&1 &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
      --no-install-recommends $missing >>"$logs/apt.log" 2>&1 ||
    { tail -n 20 "$logs/apt.log" && return 1; }
}

# build NAME OPTION…: configures and builds build/NAME, or of it only $only.
build() {
  name=$1
  shift
  log=$logs/$name-build.log
  if cmake -S . -B "build/$name" -G Ninja -DMAILROUTE_WERROR=ON \
    -DCMAKE_INSTALL_LIBDIR=lib "$@" >"$log" 2>&1 &&
    cmake --build "build/$name" ${only:+--target $only} >>"$log" 2>&1; then
    return 0
  fi
  grep -nE 'error:|Error|FAILED|undefined' "$log" | head -n 40
  add "$name: build" 0 1
  return 1
}

# check NAME OPTION…: runs the tests of build/NAME.
check() {
  name=$1
  shift
  rm -f "build/$name/tests.xml"
  ctest --test-dir "build/$name" -j "$jobs" --output-on-failure --timeout 1200 \
    --test-output-size-passed 4000000 --test-output-size-failed 4000000 \
    --output-junit "$root/build/$name/tests.xml" "$@" >"$logs/$name-tests.log" 2>&1
  if counts=$("$python" -B tests/count.py "build/$name/tests.xml") &&
    [ "$counts" != "0 0" ]; then
    # Two words.
    # shellcheck disable=SC2086
    add "$name" $counts
  else
    tail -n 20 "$logs/$name-tests.log"
    add "$name: no result" 0 1
  fi
}

# script NAME COMMAND…: a part whose last line is its count.
script() {
  name=$1
  shift
  log=$logs/$name.log
  "$@" >"$log" 2>&1
  code=$?
  counts=$(tail -n 1 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
  case $counts in
  "") tail -n 60 "$log" && add "$name: no result" 0 1 ;;
  *" 0")
    if [ $code -eq 0 ]; then
      add "$name" ${counts% *} 0
    else
      tail -n 60 "$log"
      add "$name: exit code $code" 0 1
    fi
    ;;
  *) tail -n 200 "$log" && add "$name" ${counts% *} ${counts#* } ;;
  esac
}

part_gcc() {
  heading "gcc, RelWithDebInfo, laws"
  laws=ON
  [ "$quick" = yes ] && laws=OFF
  build gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_FLAGS=-U_FORTIFY_SOURCE "-DMAILROUTE_LAWS=$laws" \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON || return
  if [ "$slow" = yes ]; then
    MR_TEST_SLOW=1 check gcc
  else
    check gcc
  fi
}

part_clang() {
  heading "clang, Debug, address, leak and undefined behaviour sanitizers"
  build clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS=-O1 \
    -DMAILROUTE_SANITIZE=address,undefined || return
  check clang
}

part_reduced() {
  heading "gcc, without TLS, DNS, IDN and driver"
  build reduced -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DMAILROUTE_WITH_TLS=OFF -DMAILROUTE_WITH_DNS=OFF -DMAILROUTE_WITH_IDN=OFF \
    -DMAILROUTE_WITH_DRIVER=OFF || return
  check reduced
}

part_real() {
  if [ -f tests/real/run.sh ]; then
    heading "Real servers"
    MAILROUTE_BUILD=$root/build/gcc script real sh tests/real/run.sh
  fi
}

# The program that a newcomer runs first.
part_quickstart() {
  heading "Quick start"
  if sh examples/quickstart.sh >"$logs/quickstart.log" 2>&1; then
    add quickstart 1 0
  else
    tail -n 40 "$logs/quickstart.log"
    add quickstart 0 1
  fi
}

part_consume() {
  heading "Packaging: find_package, add_subdirectory, pkg-config"
  script consume sh tests/consume/run.sh build/gcc
}

# Takes today's interface and test names as the ones to keep.
part_accept() {
  heading "Accepting the interface"
  build gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_FLAGS=-U_FORTIFY_SOURCE || return
  for keep in "$python -B tests/law/symbols.py build/gcc --accept" \
    "sh tests/law/abi.sh --accept build/gcc" "$python -B tests/coverage.py --update"; do
    if $keep; then add "$keep" 1 0; else add "$keep" 0 1; fi
  done
}

# fuzz_one PROGRAM: from the committed corpus; what it finds is kept in build/fuzz.
fuzz_one() {
  target=$(basename "$1")
  name=${target#fuzz_}
  mkdir -p "build/fuzz/new/$name"
  echo "$target for $fuzz s"
  "$1" -max_total_time="$fuzz" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    "-artifact_prefix=build/fuzz/$name-" "build/fuzz/new/$name" \
    "tests/fuzz/corpus/$name" >"$logs/$target.log" 2>&1 &&
    { add "$target" 1 0; return; }
  tail -n 60 "$logs/$target.log"
  add "$target" 0 1
}

part_fuzz() {
  heading "Fuzzing"
  only=fuzz_programs
  build fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DMAILROUTE_FUZZ=ON -DMAILROUTE_EXAMPLES=OFF || return
  only=""
  found=no
  for program in build/fuzz/tests/fuzz_*; do
    case $program in *replay*) continue ;; esac
    [ -x "$program" ] && [ -f "$program" ] || continue
    found=yes
    fuzz_one "$program"
  done
  [ $found = yes ] || add "fuzz: no target" 0 1
}

if ! install_packages; then
  add "packages" 0 1
elif [ $accept = yes ]; then
  part_accept
else
  part_gcc
  if [ "$quick" = no ]; then
    part_clang
    part_reduced
    part_consume
    part_quickstart
    part_real
  fi
  [ "$fuzz" -eq 0 ] || part_fuzz
fi

heading "Result"
[ -z "$broken" ] || echo "Failed:$broken"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

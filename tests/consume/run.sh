#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the library in three ways and builds a program against each, as its users do:
# by find_package, by pkg-config, by add_subdirectory, shared and static.
# The last line is the count. run.sh BUILD-FOLDER (a finished build with both libraries).
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?the folder of a finished build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

result() { # result NAME CODE LOG
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    echo "FAIL $1"
    cat "$3"
  fi
}

# The program runs, says the version, and loads the library only if it should.
runs() { # runs PROGRAM shared|static PREFIX
  said=$(LD_LIBRARY_PATH="$3/lib" "$1") || return 1
  echo "$said"
  case $said in "libmailroute 0."*": "*) ;; *) return 1 ;; esac
  if readelf -d "$1" | grep -q 'NEEDED.*libmailroute\.so'; then
    [ "$2" = shared ]
  else
    [ "$2" = static ]
  fi
}

install_kind() { # install_kind shared|static
  other=STATIC
  [ "$1" = static ] && other=SHARED
  cmake -S "$root" -B "$work/build-$1" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_INSTALL_LIBDIR=lib "-DMAILROUTE_$other=OFF" -DMAILROUTE_TESTS=OFF \
    -DMAILROUTE_EXAMPLES=OFF &&
    cmake --build "$work/build-$1" &&
    cmake --install "$work/build-$1" --prefix "$work/$1"
}

by_cmake() { # by_cmake find|sub PREFIX KIND EXPECTED
  mkdir -p "$work/cmake" && rm -rf "$work/cmake"
  cmake -S "$here" -B "$work/cmake" -G Ninja "-DWAY=$1" "-DKIND=$3" \
    "-DCMAKE_PREFIX_PATH=$work/$2" &&
    cmake --build "$work/cmake" --target consumer &&
    runs "$work/cmake/consumer" "$4" "$work/$2"
}

by_pkgconfig() { # by_pkgconfig PREFIX EXPECTED [--static]
  PKG_CONFIG_PATH=$work/$1/lib/pkgconfig
  export PKG_CONFIG_PATH
  flags=$(pkg-config ${3-} --cflags --libs libmailroute) || return 1
  echo "$flags"
  # The flags are words.
  # shellcheck disable=SC2086
  cc -std=c99 -Wall -Werror -o "$work/consumer" "$here/main.c" $flags &&
    runs "$work/consumer" "$2" "$work/$1"
}

check() { # check NAME COMMAND…
  name=$1
  shift
  "$@" >"$work/log" 2>&1
  result "$name" $? "$work/log"
}

check "install of both" cmake --install "$build" --prefix "$work/both"
[ -d "$work/both/lib/pkgconfig" ] || echo "note: configure with CMAKE_INSTALL_LIBDIR=lib"
check "install of the shared library alone" install_kind shared
check "install of the static library alone" install_kind static
check "find_package, both installed" by_cmake find both "" shared
check "find_package shared, both installed" by_cmake find both shared shared
check "find_package static, both installed" by_cmake find both static static
check "find_package, shared alone" by_cmake find shared "" shared
check "find_package, static alone" by_cmake find static "" static
check "pkg-config, both installed" by_pkgconfig both shared
check "pkg-config, shared alone" by_pkgconfig shared shared
check "pkg-config, static alone" by_pkgconfig static static
check "pkg-config --static, static alone" by_pkgconfig static static --static
check "add_subdirectory shared" by_cmake sub none shared shared
check "add_subdirectory static" by_cmake sub none static static
if cmake -S "$here" -B "$work/missing" -G Ninja -DKIND=static \
  "-DCMAKE_PREFIX_PATH=$work/shared" >"$work/log" 2>&1; then
  result "find_package static says no, shared alone" 1 "$work/log"
else
  result "find_package static says no, shared alone" 0 "$work/log"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

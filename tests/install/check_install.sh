#!/usr/bin/env bash
# Installs a build to a temporary place and builds a small project against it.
# check_install.sh BUILD_DIR
set -euo pipefail
build=$(cd -- "$1" && pwd)
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cmake --install "$build" --prefix "$place/prefix" >/dev/null
cmake -S "$here" -B "$place/build" -G Ninja -DCMAKE_PREFIX_PATH="$place/prefix" \
  -DCMAKE_BUILD_TYPE=Debug >/dev/null
cmake --build "$place/build" -j 2
"$place/build/consumer"
if [[ -x $place/prefix/bin/raftd ]]; then
  "$place/build/client_consumer"
  "$place/prefix/bin/raftctl" --help >/dev/null
fi
"$place/prefix/bin/raftsim" --help >/dev/null

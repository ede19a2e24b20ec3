#!/usr/bin/env bash
# Installs a build to a temporary place and builds small projects against it: one that uses all of it,
# one that uses the core alone, and one that has the tree within its own.
# check_install.sh BUILD_DIR
set -euo pipefail
build=$(cd -- "$1" && pwd)
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# consumer FOLDER [OPTION...]: configures and builds one of the projects.
consumer() {
  local folder=$1
  shift
  cmake -S "$here/$folder" -B "$place/$folder" -G Ninja "$@" >/dev/null
  cmake --build "$place/$folder" -j 2
}

cmake --install "$build" --prefix "$place/prefix" >/dev/null
consumer all -DCMAKE_PREFIX_PATH="$place/prefix" -DCMAKE_BUILD_TYPE=Debug
"$place/all/consumer"
if [[ -x $place/prefix/bin/raftd ]]; then
  "$place/all/client_consumer"
  "$place/prefix/bin/raftctl" --help >/dev/null
fi
"$place/prefix/bin/raftsim" --help >/dev/null

consumer core -DCMAKE_PREFIX_PATH="$place/prefix"
"$place/core/core_consumer"

consumer embed -DDRYDOCK_TREE="$here/../.."
"$place/embed/embedding"
# What is embedded is not installed: only what the project itself installs.
cmake --install "$place/embed" --prefix "$place/embedded" >/dev/null
[[ $(find "$place/embedded" -type f) == "$place/embedded/bin/embedding" ]] ||
  { echo "An embedding project installs Drydock's files, too." >&2 && exit 1; }

# Configuring and building a preset. Sourced by tools/run and tools/test; $root is the tree.
# shellcheck shell=bash

# build_preset PRESET JOBS [TARGET...]: configures when needed, then builds. On a terminal ninja
# shows its progress; in a pipe nothing is shown unless it fails.
build_preset() {
  local preset=$1 jobs=$2
  shift 2
  # shellcheck disable=SC2154  # root is the caller's
  local dir=$root/build/$preset
  (($#)) || set -- all
  mkdir -p "$dir"
  if must_configure "$dir"; then
    shown_when_failed cmake -S "$root" --preset "$preset" -U DRYDOCK_BUILD_NET || return 1
  fi
  if [[ -t 2 ]]; then
    cmake --build "$dir" -j "$jobs" --target "$@" >&2
  else
    shown_when_failed cmake --build "$dir" -j "$jobs" --target "$@" -- --quiet
  fi
}

# must_configure DIR: true when ninja cannot know by itself that DIR is out of date. Presets are read
# by a configure only, and so is whether gRPC is there.
must_configure() {
  [[ -f $1/build.ninja && $1/build.ninja -nt $root/CMakePresets.json ]] || return 0
  grep -q '^DRYDOCK_BUILD_NET:BOOL=OFF' "$1/CMakeCache.txt" && command -v grpc_cpp_plugin >/dev/null
}

# shown_when_failed COMMAND...: its output goes to stderr, and only if it fails.
shown_when_failed() {
  local output
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    return 1
  }
}

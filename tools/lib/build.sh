# Configuring and building a preset. Sourced by tools/run and tools/test; $root is the tree.
# shellcheck shell=bash

# build_preset PRESET JOBS [TARGET]: configures when needed, then builds. On a terminal ninja shows
# its progress; in a pipe nothing is shown unless it fails.
build_preset() {
  local preset=$1 jobs=$2 target=${3:-all}
  # shellcheck disable=SC2154  # root is the caller's
  local dir=$root/build/$preset
  mkdir -p "$dir"
  # Presets are read by a configure only: ninja does not know that they changed.
  if [[ ! -f $dir/build.ninja || $root/CMakePresets.json -nt $dir/build.ninja ]]; then
    shown_when_failed cmake -S "$root" --preset "$preset" || return 1
  fi
  if [[ -t 2 ]]; then
    cmake --build "$dir" -j "$jobs" --target "$target" >&2
  else
    shown_when_failed cmake --build "$dir" -j "$jobs" --target "$target" -- --quiet
  fi
}

# shown_when_failed COMMAND...: its output goes to stderr, and only if it fails.
shown_when_failed() {
  local output
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    return 1
  }
}

#!/usr/bin/env bash
# The wire protocol keeps its promises: proto/ is well-formed by buf's rules, and nobody who speaks
# an earlier version of it, or the report's, is broken. docs/wire.md tells the rules.
#
#   check_proto.sh            checks; 1 if a check fails, 2 if buf cannot be had
#   check_proto.sh --accept   puts what is new in proto/ under the promise (tests/proto/baseline)
#
# buf comes through npm (Debian packages: nodejs npm) into build/npm, once.
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 2

readonly version=1.75.0
readonly tools=$root/build/npm
readonly buf=$tools/node_modules/.bin/buf
readonly baseline=$root/tests/proto/baseline
# Whoever knows only the report's file must be understood; what was added to it is no concern here.
readonly report_rules='{"version":"v2","breaking":{"use":["WIRE","SERVICE_NO_DELETE",
  "RPC_NO_DELETE","MESSAGE_NO_DELETE","FIELD_NO_DELETE","FIELD_SAME_NAME"]}}'
failed=0

install_buf() {
  [[ $("$buf" --version 2>/dev/null) == "$version" ]] && return 0
  if ! command -v npm >/dev/null; then
    echo "npm is missing. As root: apt-get install nodejs npm" >&2
    return 1
  fi
  local log
  log=$(mktemp)
  if ! npm install --prefix "$tools" --no-save --no-audit --no-fund --no-progress \
    "@bufbuild/buf@$version" </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "npm could not install @bufbuild/buf@$version: is the network there?" >&2
    return 1
  fi
  rm -f "$log"
}

# check WHAT ADVICE COMMAND...
check() {
  local what=$1 advice=$2
  shift 2
  if "$@"; then
    echo "ok    $what"
  else
    echo "FAIL  $what: $advice"
    failed=1
  fi
}

# buf takes the configuration beside its input only if that is where it is started.
breaks() { # OLD [OPTION...]
  (cd proto && "$buf" breaking . --against "$1" "${@:2}")
}

# What the baseline would lose if it were to replace proto/.
has_grown() { ! "$buf" breaking "$baseline" --against proto >/dev/null 2>&1; }

git_here() { git -c safe.directory="$root" "$@" 2>/dev/null; }

# The baseline of an earlier commit is never broken by a later one: a break cannot be accepted.
check_baseline_since() { # COMMIT
  local old
  git_here cat-file -e "$1:tests/proto/baseline/raft.proto" || return 0
  old=$(mktemp -d)
  git_here archive "$1" tests/proto/baseline | tar -x -C "$old"
  check "the baseline of $1 holds" "tests/proto/baseline only grows" \
    "$buf" breaking "$baseline" --against "$old/tests/proto/baseline"
  rm -rf "$old"
}

accept() {
  breaks "$baseline" || return 1
  local file
  for file in raft.proto drydock/v1/drydock.proto; do cp "proto/$file" "$baseline/$file"; done
  echo "accepted: tests/proto/baseline is proto/ now"
}

install_buf || exit 2
case ${1:-} in
  --accept) accept && exit 0 || exit 1 ;;
  '') ;;
  *)
    sed -n '5,7s/^# *//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

check "buf lint" "see above" "$buf" lint proto
check "a client of the report is understood" "its names and numbers never change" \
  breaks "$root/tests/proto/report" --config "$report_rules"
check "an earlier version is understood" "add fields with new numbers, and change none" \
  breaks "$baseline"
if has_grown; then
  check "what is new is under the promise" "run tests/proto/check_proto.sh --accept" false
fi
for commit in HEAD HEAD^ origin/main; do check_baseline_since "$commit"; done
exit "$failed"

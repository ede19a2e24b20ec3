# Debian packages: what is needed, what is missing, how to get it. Sourced by tools/run and
# tools/test; needs bash, coreutils and apt only.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are for the sourcing script

# To build and run the simulator.
drydock_build_packages=(
  g++ cmake ninja-build ccache doctest-dev libcli11-dev nlohmann-json3-dev
  zlib1g-dev
)
# To build the real runtime as well.
drydock_net_packages=(
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc grpc-proto
  prometheus-cpp-dev libcpp-httplib-dev libgoogle-perftools-dev libssl-dev
)
# To measure and draw the report's figures.
drydock_figures_packages=(python3 python3-matplotlib)
# To run every check beside.
drydock_test_packages=(
  binutils clang clang-format clang-tidy libclang-rt-dev python3 python3-jsonschema shellcheck
  python3-grpcio python3-protobuf python3-yaml python3-matplotlib iproute2 iptables openssh-server chromium
  groff-base man-db zsh systemd util-linux curl dpkg-dev openssl
)

# Node.js may well come from elsewhere than Debian, whose npm would then not go with it.
command -v npm >/dev/null || drydock_test_packages+=(nodejs npm)

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
  local installed package
  installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${binary:Package} ' "$@" 2>/dev/null || true) "
  for package in "$@"; do
    # "ii" is "wanted and installed"; libraries of several architectures carry one (":amd64").
    [[ $installed == *" ii $package "* || $installed == *" ii $package:"* ]] || echo "$package"
  done
}

# install_packages PACKAGE...: installs what is missing, and says so; silent when nothing is.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "No apt here: going on with what is installed. Needed: $*" >&2
    return 0
  fi
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages: ${missing[*]}" >&2
      echo "Neither root nor sudo here. As root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing with ${as_root[*]:+sudo }apt-get: ${missing[*]}" >&2
  # A package list that is there may be old: it is fetched anew only if the first try fails.
  if [[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ]]; then
    apt_quietly "update" "${as_root[@]}" || return 1
    apt_quietly "install" "${as_root[@]}" || return 1
  else
    apt_quietly "install" "${as_root[@]}" 2>/dev/null ||
      { apt_quietly "update" "${as_root[@]}" && apt_quietly "install" "${as_root[@]}"; } || return 1
  fi
}

# apt_quietly update|install [sudo]: one apt-get run; its output is shown only when it fails.
# Reads `missing` of its caller.
apt_quietly() {
  local action=$1 log packages=()
  shift
  [[ $action == install ]] && packages=(--no-install-recommends "${missing[@]}")
  log=$(mktemp)
  if "$@" env DEBIAN_FRONTEND=noninteractive apt-get "$action" -y \
    -o DPkg::Lock::Timeout=300 "${packages[@]}" </dev/null >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  echo "apt-get $action failed: see above." >&2
  return 1
}

# promtool_path: prints where Prometheus' promtool is. Debian has it in a package that starts a server
# when it is installed, so that is only unpacked, below build/.
promtool_path() {
  # shellcheck disable=SC2154  # root is the caller's
  local place=$root/build/prometheus
  command -v promtool && return 0
  if [[ ! -x $place/usr/bin/promtool ]]; then
    echo "Unpacking Debian's prometheus into build/prometheus, for promtool" >&2
    mkdir -p "$place"
    (cd "$place" && apt-get download prometheus >&2 && dpkg-deb -x prometheus_*.deb . &&
      rm prometheus_*.deb) || return 1
  fi
  echo "$place/usr/bin/promtool"
}

# Shared by the scripts: messages, steps that show their time, Debian packages. Sourced, never run.
# The sourcing script sets `me`, the name that stands before each message.
# shellcheck shell=bash
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

work=$(mktemp -d)
step_pid="" policy=""
trap finish EXIT

finish() {
  # A step that is cut off (Ctrl-C) goes with all its children.
  if [ -n "$step_pid" ]; then kill -TERM -- "-$step_pid" 2>/dev/null || true; fi
  if [ -n "$policy" ]; then rm -f "$policy"; fi
  rm -rf "$work"
}

say() { printf '%s: %s\n' "$me" "$*" >&2; }

die() {
  say "$1"
  exit 1
}

# step LABEL COMMAND...: runs it, seconds counting on a terminal, and prints one line with its time.
# When it fails: the end of its output, and its status.
step() {
  local label=$1 start=$SECONDS status=0
  shift
  set -m
  "$@" >"$work/step.log" 2>&1 </dev/null &
  step_pid=$!
  set +m
  while kill -0 "$step_pid" 2>/dev/null; do
    if [ -t 2 ]; then printf '\r%s: %s ... %d s ' "$me" "$label" $((SECONDS - start)) >&2; fi
    sleep 0.2
  done
  wait "$step_pid" || status=$?
  step_pid=""
  if [ -t 2 ]; then printf '\r\033[K' >&2; fi
  if [ "$status" -ne 0 ]; then
    tail -n 15 "$work/step.log" >&2
    return "$status"
  fi
  say "$label: $((SECONDS - start)) s"
}

# Those of the packages named that are not installed, one per line.
missing_packages() {
  local installed=""
  if command -v dpkg-query >/dev/null; then
    installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p' || true)
  fi
  comm -23 <(printf '%s\n' "$@" | sort) <(sort <<<"$installed")
}

# debian_packages PACKAGE...: installs those that are missing, and starts no service that they bring.
debian_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  command -v apt-get >/dev/null || die "no apt-get on this machine; install what Debian calls: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die "not root, and packages are missing; run: sudo apt-get install -y ${missing[*]}"
  deny_service_starts
  step "Debian packages (${#missing[@]})" apt_get_install "${missing[@]}" ||
    die "apt-get failed, its last lines are above; mend what they say, then run: apt-get install -y ${missing[*]}"
  allow_service_starts
}

# Another apt-get at work is waited for.
apt_get_install() {
  apt-get -q update && apt-get -q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"
}

# Debian starts what it installs, unless policy-rc.d forbids it. A policy of the machine's own is left alone.
deny_service_starts() {
  if [ -e /usr/sbin/policy-rc.d ]; then return; fi
  policy=/usr/sbin/policy-rc.d
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_service_starts() {
  if [ -n "$policy" ]; then rm -f "$policy"; fi
  policy=""
}

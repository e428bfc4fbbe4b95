#!/usr/bin/env bash
# Turns an Ubuntu host that terraform-ec2 made into the running platform; again is the same as once.
# Needs: root, what user data leaves (terraform-ec2/templates), and a release around this script.
# Leaves: the platform in service, with its units. Each phase says itself in /var/lib/pretamane/boot.json and in the
# parameter status/boot; one that fails says why there and in status/log, and the host is not called ready.
set -euo pipefail
release=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/host.bash
. "$release/scripts/host.bash"
umask 022

readonly packages=(docker.io docker-compose-v2 docker-buildx nftables rsync curl openssl e2fsprogs unattended-upgrades)
readonly log=$own/phase.log

tell() { python3 "$own/boot.py" tell "$@"; }

keep_environment() {
  local name
  install --directory --mode 755 "$etc"
  for name in "${names[@]}"; do
    if [ -n "${!name:-}" ]; then printf '%s=%q\n' "$name" "${!name}"; fi
  done | write "$etc/host.env" 600 || true
}

facts() {
  keep_environment
  # From now on an operator can run this again; once files are in their place, it is theirs.
  if [ ! -e "$house/VERSION" ]; then ln -sfn "$release/scripts/pretamane-host" /usr/local/bin/pretamane-host; fi
  learn_facts "$release"
}

apt() { apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -qq "$@" >&2; }

packages() {
  apt update
  # What is there stays: an upgrade of the engine would stop every container.
  apt install --yes --no-install-recommends --no-upgrade "${packages[@]}"
  sed "s|@REBOOT_TIME@|$HOST_REBOOT_TIME|" "$release/config/apt/52pretamane" | write /etc/apt/apt.conf.d/52pretamane 644 || true
  mkdir -p /etc/needrestart/conf.d
  write /etc/needrestart/conf.d/pretamane.conf 644 <"$release/config/apt/needrestart.conf" || true
}

# systemd says that something failed; what, only the unit itself says.
unit() {
  systemctl "$1" "$2" && return
  journalctl --quiet --boot --lines 5 --output cat "_SYSTEMD_UNIT=$2" >&2
  return 1
}

# A unit of ours, with the places of this host in it; exit code 1 when it is there already.
install_unit() { sed "s|@DATA_ROOT@|$HOST_DATA_ROOT|" "$release/config/systemd/$1" | write "/etc/systemd/system/$2" 644; }

firewall() {
  local public=""
  if [ "$HOST_PUBLIC_EDGE" = true ]; then public="add element inet pretamane public { 80, 443 }"; fi
  { cat "$release/config/nftables/pretamane.nft" && echo "$public"; } | write "$etc/firewall.nft" 600 || true
  if install_unit pretamane-firewall.service pretamane-firewall.service; then systemctl daemon-reload; fi
  systemctl --quiet enable pretamane-firewall.service
  unit reload-or-restart pretamane-firewall.service
}

# Before the engine may run: what it has made on the system disk would be another world.
data_volume() {
  "$release/scripts/host-data-volume" mount
  mkdir -p /etc/systemd/system/docker.service.d /etc/docker "$HOST_DATA_ROOT/docker" "$HOST_DATA_ROOT/stack"
  chmod 711 "$HOST_DATA_ROOT" "$HOST_DATA_ROOT/docker"
  chmod 700 "$HOST_DATA_ROOT/stack"
  local changed=""
  if install_unit docker.conf docker.service.d/pretamane.conf; then changed=yes; fi
  # Images too: by another store they would lie on the system disk.
  if write /etc/docker/daemon.json 644 <<<"{\"data-root\": \"$HOST_DATA_ROOT/docker\", \"features\": {\"containerd-snapshotter\": false}}"; then changed=yes; fi
  if [ -n "$changed" ]; then
    systemctl daemon-reload
    unit restart docker.service
  fi
  systemctl --quiet enable --now docker.service
}

# From here on all runs out of the one folder that stays.
settle() {
  mkdir -p "$house"
  if [ ! -e "$house/VERSION" ]; then place "$release"; fi
  ln -sfn "$house/scripts/pretamane-host" /usr/local/bin/pretamane-host
  pretamane-host settings
}

units() {
  local unit changed="" timers=()
  for unit in "$house"/config/systemd/pretamane*; do
    unit=${unit##*/}
    if install_unit "$unit" "$unit"; then changed=yes; fi
    if [[ $unit == *.timer ]]; then timers+=("$unit"); fi
  done
  if [ -n "$changed" ]; then systemctl daemon-reload; fi
  systemctl --quiet enable pretamane.service
  systemctl --quiet enable --now "${timers[@]}"
}

# In a shell of its own, where the first fault ends it; its last words are what the failure is called.
phase() {
  local name=$1 code=0
  shift
  tell "$name" working
  know_the_host
  set +e
  { (
    set -e
    "$@"
  ) 2>&1 >&3 | tee "$log" >&2; } 3>&1
  code=$?
  set -e
  if [ "$code" = 0 ]; then return; fi
  tell "$name" failed "$(grep -v '^$' "$log" | tail -n 2 | tr -s '\000-\037' ' ' | cut -c 1-500)"
  {
    cat /var/lib/cloud/data/instance-id
    tail -c 3500 "$log"
  } | "$release/scripts/host-parameters" tell log || true
  exit 1
}

install --directory --mode 700 "$own"
# shellcheck source=scripts/stack.bash
. "$release/scripts/stack.bash"
alone
phase facts facts
phase packages packages
phase firewall firewall
phase data-volume data_volume
phase settings settle
phase images pretamane-host images
phase secrets pretamane-host secrets
phase units units
phase start unit start pretamane.service
phase release pretamane-host catch-up
phase verify pretamane-host verify
tell verify ready

# What host-setup.sh and pretamane-host share on an EC2 host; sourced by them, after `set -euo pipefail`.
# Needs: Ubuntu as the first boot left it: /var/lib/pretamane/boot.py, and HOST_PARAMETERS, HOST_REGION and
# AWS_DEFAULT_REGION, or /etc/pretamane/host.env, which keeps them.
# Leaves: nothing, but for what its verbs say.
# shellcheck shell=bash

readonly etc=/etc/pretamane own=/var/lib/pretamane releases=/opt/pretamane/releases
# What runs is one plain folder, whatever the release: containers know it by its path, and another path would make
# Compose replace each of them.
readonly house=/opt/pretamane/stack
readonly names=(HOST_PARAMETERS HOST_REGION AWS_DEFAULT_REGION AWS_RETRY_MODE AWS_MAX_ATTEMPTS AWS_ENDPOINT_URL HOST_DISKS)
export HOME=/root DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1

load() {
  set -a
  # shellcheck source=/dev/null
  if [ -f "$1" ]; then . "$1"; fi
  set +a
}

know_the_host() {
  load "$etc/host.env"
  load "$etc/facts.env"
  : "${HOST_PARAMETERS:?is not known: this is no host that terraform-ec2 made}"
  export SECRETS_DIR=$own/secrets
  if [ -z "${HOST_DATA_ROOT:-}" ]; then return; fi
  export STACK_ENV=$HOST_DATA_ROOT/stack/.env BACKUPS_DIR=$HOST_DATA_ROOT/backups
}

# What a pipe ends in can then end the script too.
shopt -s lastpipe

# What Terraform says of this host, by the scripts of the release in this folder.
learn_facts() {
  local told
  told=$("$1/scripts/host-parameters" facts)
  write "$etc/facts.env" 600 <<<"$told" || true
  know_the_host
}

# Whole or not at all, and only where it says something else: it returns 1 when nothing had to be written. Callers ask
# for that, and inside a question errexit is off: what fails ends the script here.
write() {
  local file=$1 mode=$2 new
  new=$(mktemp "$file.XXXXXX") || exit 2
  if ! { cat >"$new" && chmod "$mode" "$new"; }; then
    rm -f "$new"
    exit 2
  fi
  if cmp --silent "$new" "$file"; then
    rm "$new"
    return 1
  fi
  mv "$new" "$file" || exit 2
}

# One at a time: whoever comes second finds everything done, and does it again. What one of them calls belongs to it.
alone() {
  if [ -n "${HOST_IS_OURS:-}" ]; then return; fi
  exec 9>/run/pretamane.lock
  flock --timeout 5400 9 || refuse "Something else has been at work on this host for 90 minutes: systemctl list-units 'pretamane*'"
  export HOST_IS_OURS=yes
}

is_mounted() { mountpoint --quiet "$HOST_DATA_ROOT"; }

# The names of images that a bundle names as published hold the registry's.
is_published() { [[ $(setting PRETAMANE_REPOSITORY) == */* ]]; }

# Which version of the app a release brings: the published one, or its own, as its images are made of just this bundle.
version_of() {
  if is_published; then setting PRETAMANE_VERSION; else cat "$1/VERSION"; fi
}

# A release's files where the stack runs from. Times are none in a bundle, so contents are compared. Which release it is
# comes last: half of it is still the one before.
place() {
  rsync --archive --checksum --delete --exclude /VERSION "$1/" "$house/"
  cp --preserve=mode "$1/VERSION" "$house/VERSION.new"
  mv "$house/VERSION.new" "$house/VERSION"
}

#!/usr/bin/env bash
# Moves a laptop's house into an empty stack: scripts/move-in.sh FOLDER, which is the data folder of `pretamane up`.
# Needs: the stack installed here, with nothing in it yet; the folder on this host, made on Linux, its Pretamane ended by
# Ctrl-C; room for three times the folder; root or sudo where the folder is somebody else's.
# Leaves: the stack running with all that the folder has, after every hash was compared, and the file that it came by in
# docker-compose/backups (BACKUPS_DIR names another folder), which is yours to remove. The folder is only read.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"
umask 077

from=${1:-}
backups=${BACKUPS_DIR:-$home/backups}
file=$backups/moved-in-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
cluster=""
lock=""
# What the container says.
said=$(mktemp)
trap 'rm -f "$file.new" "$said"' EXIT

need_a_house_at_rest() {
  if [ -z "$from" ] || ! as_root test -d "$from"; then refuse "Say which data folder: scripts/move-in.sh /home/ada/pretamane/var"; fi
  cluster=$(as_root find "$from" -maxdepth 1 -type d -name 'postgres[0-9]*' -printf '%f\n' | head -n 1)
  if [ -z "$cluster" ]; then refuse "There is no house in $from: a data folder has a folder named postgres16 or the like."; fi
  lock=$from/pretamane.lock
  if ! as_root test -e "$lock"; then lock=$from/$cluster/PG_VERSION; fi
  if as_root test -e "$from/$cluster/postmaster.pid" || ! as_root flock --nonblock "$lock" true; then
    refuse "The house in $from runs, or it was cut off: start it there once more, end it by Ctrl-C, and come again."
  fi
}

# Nobody can start it meanwhile: whoever does takes the same lock.
pack() {
  local parts=("$cluster")
  if as_root test -d "$from/blobs"; then parts+=(blobs); fi
  mkdir -p "$backups"
  as_root flock --nonblock "$lock" tar --create --directory "$from" "${parts[@]}" |
    compose run --rm --no-deps -T --entrypoint sh backup /etc/pretamane/house.sh >"$file.new" 2>"$said" ||
    refuse "The house could not be packed, and nothing was changed: $(tail -n 1 "$said")"
  sync "$file.new"
  mv "$file.new" "$file"
}

one_at_a_time
need_a_house_at_rest
need_an_empty_stack
heading "The house, as one file" && pack
"$scripts/restore-data.sh" "$file"
say "The house of $from is here now. The file that it came by is yours to remove: $file"

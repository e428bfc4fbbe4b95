#!/usr/bin/env bash
# Restores a backup onto an empty stack: scripts/restore-data.sh docker-compose/backups/pretamane-TIME.tar.gz
# Needs: the stack installed here, with nothing in it yet, of the backup's version or a newer one.
# Leaves: the stack running with what the backup has, after every hash was compared.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"
umask 077

backup=${1:-}
if [ ! -f "$backup" ]; then refuse "Say which backup: scripts/restore-data.sh docker-compose/backups/pretamane-TIME.tar.gz"; fi
work=$(mktemp -d "$(dirname "$backup")/.restoring.XXXXXX")
trap 'rm -rf "$work"' EXIT

unpack() {
  tar --extract --gzip --file "$backup" --directory "$work" --no-same-owner
  (cd "$work" && sha256sum --check --quiet SHA256SUMS) || refuse "The backup is damaged; nothing was changed."
}

# Nobody may write meanwhile, and the next start makes what is older as new as it needs.
database() {
  compose stop app-blue app-green worker >/dev/null 2>&1
  in_database --quiet --command 'DROP SCHEMA public CASCADE' >/dev/null 2>&1
  in_database --quiet --command 'CREATE SCHEMA public AUTHORIZATION pg_database_owner' >/dev/null
  # As this stack's own owner: on a laptop the tables belong to another.
  compose exec -T postgresql pg_restore --username postgres --dbname pretamane --no-owner --role pretamane_owner \
    --no-privileges --single-transaction --exit-on-error <"$work/database.dump"
}

blobs() {
  mkdir -p "$work/blobs"
  tar --create --file - --directory "$work/blobs" . | compose run --rm --no-deps -T backup load
}

start() {
  compose up --detach --wait --wait-timeout 300 >/dev/null 2>&1
  compose exec -T "app-$(live_colour)" pretamane blobs verify >&2
}

heading "The backup's own hashes" && unpack
need_an_empty_stack
heading "The database" && database
heading "Documents' bytes" && blobs
heading "Everything up, and every hash in the store" && start
say "Restored: $(tr '\n' ' ' <"$work/about.txt")"

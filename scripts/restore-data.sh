#!/usr/bin/env bash
# Restores a backup onto an empty stack: scripts/restore-data.sh docker-compose/backups/pretamane-TIME.tar.gz
# Needs: the stack installed here, with nothing in it yet, of the backup's version or a newer one.
# Leaves: the stack running with what the backup has, after every hash was compared. Where it fails before the rows are
# in, the database is as it was, and the same command may be given again.
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

need_its_version() {
  local made_by here
  made_by=$(sed -n 's/^version //p' "$work/about.txt")
  here=$(live_version)
  at_least "${made_by%%-*}" "${here%%-*}" ||
    refuse "The backup is of version $made_by, and this stack is $here: bring that version into service before, by scripts/deploy.sh."
}

# Nobody may write from here on, so that what is counted is what there is.
close_house() {
  trap 'rm -rf "$work"; reopen' EXIT
  quietly compose stop app-blue app-green worker
}

reopen() { serving || say "The app did not start again: scripts/doctor.sh says more."; }

# Before the rows: bytes that no row names do no harm, and may come again.
blobs() {
  mkdir -p "$work/blobs"
  tar --create --file - --directory "$work/blobs" . | compose run --rm --no-deps -T backup load
}

# As this stack's own owner: on a laptop the tables belong to another. What was purged while the backup was made has rows
# in it and no bytes.
rows() {
  echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner;'
  compose exec -T postgresql pg_restore --file - --no-owner --role pretamane_owner --no-privileges <"$work/database.dump"
  echo 'RESET ROLE; CREATE TEMPORARY TABLE purged (key text); COPY purged FROM stdin;'
  if [ -f "$work/purged.list" ]; then cat "$work/purged.list"; fi
  echo '\.'
  echo 'UPDATE public.blobs SET purged_at = now() FROM purged WHERE blobs.key = purged.key AND purged_at IS NULL;'
}

# All of it or nothing. The next start makes what is older as new as it needs.
database() {
  rows >"$work/rows.sql"
  in_database --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --output /dev/null --file - <"$work/rows.sql"
}

# The audit's newest seal beside the database is of the empty house, whose record is no more. It is kept as what it was.
begin_seals_anew() {
  # shellcheck disable=SC2016 # the container's shell fills it in
  quietly compose run --rm --no-deps -T --entrypoint sh worker -c \
    'seal=/data/audit/newest-seal; if [ -e "$seal" ]; then mv "$seal" "$seal.before-a-restore"; fi'
}

# Only those whom people need: what is unwell beside them takes nothing away.
serving() { quietly compose up --detach --wait --wait-timeout 300 caddy "app-$(live_colour)" worker; }

start() {
  serving
  compose exec -T "app-$(live_colour)" pretamane blobs verify >&2
}

one_at_a_time
heading "The backup's own hashes" && unpack
need_its_version
heading "Nobody writes" && close_house
need_an_empty_stack
heading "Documents' bytes" && blobs
heading "The database" && database
heading "The audit's newest seal" && begin_seals_anew
heading "Everything up, and every hash in the store" && start
trap 'rm -rf "$work"' EXIT
say "Restored: $(tr '\n' ' ' <"$work/about.txt")"

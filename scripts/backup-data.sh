#!/usr/bin/env bash
# Backs up everything that people gave this stack: the database, then documents' bytes by that very snapshot's list.
# Needs: the stack running, and room for one more backup. With BACKUP_S3 (bucket or bucket/prefix, here or in .env) it
# goes there too, as whom secrets/backup_credentials says; BACKUP_S3_ENDPOINT names the service (unset: AWS's of
# AWS_DEFAULT_REGION).
# Leaves: docker-compose/backups/pretamane-TIME.tar.gz (BACKUPS_DIR names another folder), mode 0600, with the hash of
# every file in it; the last 7 are kept (BACKUPS_KEPT). Its last line is that path. Secrets are not in it. What could not
# be sent is told, ends it with 1, and stays here all the same.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"
umask 077

folder=${BACKUPS_DIR:-$home/backups}
kept=${BACKUPS_KEPT:-7}
# Below this much the app refuses documents.
readonly reserve=$((1 << 30))
elsewhere=${BACKUP_S3:-$(setting BACKUP_S3)}
service=${BACKUP_S3_ENDPOINT:-$(setting BACKUP_S3_ENDPOINT)}
name=pretamane-$(date -u +%Y%m%dT%H%M%SZ)
one_at_a_time
mkdir -p "$folder"
# Of one that was killed: nobody else is at work.
find "$folder" -maxdepth 1 \( -name '.making.*' -o -name '.pretamane-*.new' \) -exec rm -rf {} +
work=$(mktemp -d "$folder/.making.XXXXXX")
trap 'rm -rf "$work" "$work".* "$folder/.$name.new"' EXIT

dump() { compose exec -T postgresql pg_dump --username postgres --format custom pretamane >"$work/database.dump"; }

# Read out of the dump itself: whatever comes meanwhile is the next backup's business.
list() {
  compose exec -T postgresql pg_restore --data-only --table blobs --file - <"$work/database.dump" | awk -F '\t' '
    /^COPY public\.blobs / {
      match($0, /\(.*\)/)
      count = split(substr($0, RSTART + 1, RLENGTH - 2), columns, ", ")
      for (place = 1; place <= count; place++) of[columns[place]] = place
      reading = 1
      next
    }
    reading && $0 == "\\." {reading = 0}
    reading && $of["purged_at"] == "\\N" {print $of["key"], substr($of["sha256"], 4), $of["size"]}
  ' >"$work/blobs.list"
}

# PostgreSQL may write to the same disk. Bytes are here twice: as they are, and in the one file.
need_room() {
  local bytes free
  bytes=$(awk '{sum += $3} END {printf "%.0f", sum}' "$work/blobs.list")
  bytes=$((bytes + $(stat --format %s "$work/database.dump")))
  free=$(df --output=avail --block-size=1 "$folder" | tail -n 1)
  if [ "$free" -lt $((2 * bytes + reserve)) ]; then
    refuse "A backup needs $(((2 * bytes + reserve) >> 20)) MiB in $folder, and $((free >> 20)) are free; it was not made. Let BACKUPS_DIR name a larger disk, or keep fewer (BACKUPS_KEPT)."
  fi
}

# What was purged after the snapshot is purged, not missing.
was_purged() {
  compose exec -T postgresql psql --username postgres --dbname pretamane --tuples-only --no-align --set "key=$1" \
    <<<"SELECT count(*) FROM blobs WHERE key = :'key' AND purged_at IS NOT NULL" | grep -qx 1
}

blobs() {
  local code=0 torn="" key
  mkdir "$work/blobs"
  { compose run --rm --no-deps -T backup save <"$work/blobs.list" 2>"$work/said" || echo $? >"$work/code"; } |
    tar --extract --directory "$work/blobs" || torn=" and torn"
  if [ -f "$work/code" ]; then code=$(cat "$work/code"); fi
  case $code$torn in
    0 | 3) ;;
    *) refuse "Documents' bytes could not be read: $(tail -n 1 "$work/said")" ;;
  esac
  while read -r key; do
    was_purged "$key" || refuse "The bytes of $key are missing from the store; the backup was not made."
    echo "$key" >>"$work/purged.list"
  done < <(sed -n 's/^missing //p' "$work/said")
  rm -f "$work/said" "$work/code"
}

seal() {
  printf 'made %s\nversion %s\ndocuments %s\n' "$name" "$(live_version)" "$(wc -l <"$work/blobs.list")" >"$work/about.txt"
  (cd "$work" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work.sums"
  mv "$work.sums" "$work/SHA256SUMS"
  tar --create --gzip --file "$folder/.$name.new" --directory "$work" .
  sync "$folder/.$name.new"
  mv "$folder/.$name.new" "$folder/$name.tar.gz"
}

forget() {
  find "$folder" -maxdepth 1 -name 'pretamane-*.tar.gz' | sort | head -n "-$kept" | while IFS= read -r old; do rm "$old"; done
}

know_the_service() {
  if [ -z "$elsewhere" ] || [ -n "$service" ]; then return; fi
  if [ -z "${AWS_DEFAULT_REGION:-}" ]; then
    refuse "BACKUP_S3 is at which service? Say BACKUP_S3_ENDPOINT, such as s3.eu-west-1.amazonaws.com."
  fi
  service=s3.$AWS_DEFAULT_REGION.amazonaws.com
}

send() {
  local file=$folder/$name.tar.gz hash size
  hash=$(sha256sum "$file" | cut -d ' ' -f 1)
  size=$(stat --format %s "$file")
  if compose run --rm --no-deps -T --entrypoint python3 backup /etc/pretamane/upload.py \
    "$elsewhere" "$service" "$name.tar.gz" "$size" "$hash" <"$file" 2>"$work.said"; then return; fi
  say "The backup is whole here, and is not at $elsewhere: $(tail -n 1 "$work.said")"
  return 1
}

know_the_service
heading "The database" && dump
heading "The list of documents' bytes" && list
need_room
heading "Documents' bytes" && blobs
heading "Hashes, and one file" && seal
forget
echo "$folder/$name.tar.gz"
if [ -n "$elsewhere" ]; then heading "To $elsewhere" && send; fi

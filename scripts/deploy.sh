#!/usr/bin/env bash
# Brings another version of the app into service without losing a request: scripts/deploy.sh VERSION
# Needs: the running stack, and the version's image here or where it can be pulled from.
# Leaves: that version in service, or what ran before it with the reason; a dump of the database from just before.
# A version that was reverted is refused from then on, unless --again is given.
set -euo pipefail
# A fault inside a function is taken back too.
set -E
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"

version="" again=""
for argument in "$@"; do
  case $argument in
    --again) again=yes ;;
    -*) refuse "deploy.sh knows no $argument: scripts/deploy.sh [--again] VERSION" ;;
    *) version=$argument ;;
  esac
done
version=${version:-$(setting PRETAMANE_VERSION)}

old=$(live_colour) old_version=$(live_version)
new=$(other_than "$old")
image=$(setting PRETAMANE_REPOSITORY):$version
# Longer than an upload of the largest size takes on a slow line; what is still under way then is cut off.
readonly drain_seconds=${DRAIN_SECONDS:-900}
switched="" reason=""

# The same variables that are recorded at the end, for as long as this runs.
as_planned() {
  local upper
  upper=$(echo "$new" | tr '[:lower:]' '[:upper:]')
  env "${upper}_SCALE=1" "${upper}_VERSION=$version" "MIGRATE_VERSION=$version" "$@"
}

check() {
  [[ $version =~ ^[0-9A-Za-z][0-9A-Za-z._-]*$ ]] || refuse "$version is no version."
  if is_bad "$version" && [ -z "$again" ]; then
    refuse "Version $version was reverted before; scripts/deploy.sh --again $version tries it once more."
  fi
  if [ "$version" = "$old_version" ]; then
    say "Version $version is in service already."
    exit 0
  fi
}

fetch() {
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  docker pull --quiet "$image" >/dev/null || refuse "The image $image is neither here nor to be had."
}

# A newer release may want one that an older had no use for; what is there stays.
secrets() { "$scripts/secrets.sh" local; }

dump() {
  mkdir -p "$home/dumps"
  (
    umask 077
    compose exec -T postgresql pg_dump --username postgres --format custom pretamane >"$home/dumps/before-$version.new"
  )
  mv "$home/dumps/before-$version.new" "$home/dumps/before-$version"
}

migrate() { as_planned "$scripts/compose" run --rm --no-deps -T migrate >&2; }

# With what it depends on: without, Compose takes it for another service at the next start, and makes it anew.
start_new() { as_planned "$scripts/compose" up --detach --wait --wait-timeout 120 "app-$new" >/dev/null 2>&1; }

switch() {
  switched=yes
  point_caddy_at "$new"
}

# An answer that does not come says nothing about what is under way.
drain() {
  local end=$((SECONDS + drain_seconds))
  until [ "$(under_way_to "$old" || true)" = 0 ]; do
    if [ "$SECONDS" -ge "$end" ]; then
      say "After $drain_seconds s something is still under way; it is cut off."
      break
    fi
    sleep 2
  done
  compose stop "app-$old" >/dev/null 2>&1
}

worker() {
  as_planned WORKER_VERSION="$version" "$scripts/compose" up --detach --wait --wait-timeout 120 worker >/dev/null 2>&1
}

everything_else() {
  compose up --detach --wait --remove-orphans >/dev/null 2>&1
  reload_caddy
}

# Back to what ran, by itself. Migrations only ever add, so the old version works with the new tables.
go_back() {
  trap - ERR
  say "Version $version is not taken: $reason. Going back to $old_version."
  if [ -n "$switched" ]; then
    compose start "app-$old" >/dev/null 2>&1 || true
    point_caddy_at "$old" || say "Caddy could not be told; scripts/doctor.sh says more."
  fi
  compose stop "app-$new" >/dev/null 2>&1 || true
  compose rm --force "app-$new" >/dev/null 2>&1 || true
  WORKER_VERSION=$old_version compose up --detach --wait worker >/dev/null 2>&1 || true
  if ! is_bad "$version"; then echo "$version" >>"$home/bad-versions"; fi
  say "Version $old_version is in service."
  exit 1
}

step() {
  reason="$1 failed"
  heading "$1"
  shift
  "$@"
}

check
step "Fetching $version" fetch
step "Secrets" secrets
trap go_back ERR
step "Dumping the database" dump
step "Migrating" migrate
step "Starting app-$new" start_new
step "The smoke test of app-$new" smoke_of_colour "$new"
step "Switching Caddy to app-$new" switch
step "The smoke test through Caddy" smoke_of_house
step "The worker" worker
trap - ERR
record "$new" "$version" "$old_version"
if is_bad "$version"; then
  grep -Fvx "$version" "$home/bad-versions" >"$home/bad-versions.new" || true
  mv "$home/bad-versions.new" "$home/bad-versions"
fi
step "Draining app-$old" drain
step "Everything else" everything_else
say "Version $version is in service, as app-$new."

#!/usr/bin/env bash
# Makes the stack's secrets, each once: secrets.sh local
# Needs: openssl, Docker with the stack's image of Caddy, and root or sudo, as the files belong to the containers' user.
# Leaves: one file for each secret in docker-compose/secrets (SECRETS_DIR names another folder), mode 0600. What is
# there is never written again.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
umask 077

readonly user=10001
folder=${SECRETS_DIR:-docker-compose/secrets}
# shellcheck source=docker-compose/images.env
. docker-compose/images.env
caddy=$PRETAMANE_REPOSITORY-caddy:$PRETAMANE_VERSION

say() { echo "$1" >&2; }

refuse() {
  say "$1"
  exit 2
}

# As root itself, or by sudo where that is there.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

has() { as_root test -s "$folder/$1"; }

# Whole or not at all: half a secret would be kept for ever.
make() {
  local name=$1 new
  shift
  if has "$name"; then return; fi
  new=$(mktemp)
  "$@" >"$new"
  as_root install --owner "$user" --group "$user" --mode 600 "$new" "$folder/.$name.new"
  as_root mv "$folder/.$name.new" "$folder/$name"
  rm "$new"
  made+=("$name")
}

value_of() { as_root cat "$folder/$1"; }

# Hexadecimal: nothing in it needs quoting in a URL, a shell or SQL.
random() { openssl rand -hex "${1:-24}"; }

# Caddy's own hash, by its image: no tool for it is on every machine.
hash_of() {
  value_of "$1" | docker run --rm --interactive --network none --read-only --cap-drop ALL \
    --security-opt no-new-privileges "$caddy" caddy hash-password
}

url_of_role() {
  printf '%s://%s:%s@%s\n' postgresql "$1" "$(value_of "$2")" postgresql:5432/pretamane # pragma: allowlist secret
}

url_of_bucket() {
  printf '%s://%s:%s@%s\n' s3 pretamane-app "$(value_of minio_app_password)" 'minio:9000/pretamane?tls=none' # pragma: allowlist secret
}

make_all() {
  local name
  for name in postgres_password database_owner_password database_app_password database_exporter_password \
    minio_root_password minio_app_password meilisearch_key grafana_password pgadmin_password consoles_password; do
    make "$name" random
  done
  make signing_key random 48
  make minio_root_user echo pretamane-owner
  make database_url url_of_role pretamane_app database_app_password
  make database_owner_url url_of_role pretamane_owner database_owner_password
  make blob_url url_of_bucket
  make consoles_password_hash hash_of consoles_password
  # Until somebody names a mail server, each mail is kept as a file.
  make mail_url echo log:
  # Until somebody gives one: only a named tunnel reads it.
  make tunnel_token echo none
}

tell() {
  if [ "${#made[@]}" = 0 ]; then
    say "Every secret was there already; none was touched."
  else
    say "Made ${#made[@]} secrets in $folder: ${made[*]}."
  fi
}

local_secrets() {
  command -v openssl >/dev/null || refuse "Secrets are made by openssl, which is not installed here."
  as_root mkdir -p "$folder"
  as_root chown "$user:$user" "$folder"
  as_root chmod 700 "$folder"
  make_all
  tell
}

made=()
case ${1:-} in
  local) local_secrets ;;
  *) refuse "Say what to do: scripts/secrets.sh local" ;;
esac

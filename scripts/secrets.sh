#!/usr/bin/env bash
# The stack's secrets as files:
#   secrets.sh local        makes each that is missing; what is there is never written again
#   secrets.sh ssm [PATH]   makes them what Parameter Store says below PATH (unset: HOST_PARAMETERS), which is the truth
#                           from then on; what it lacks is added, as it is here or made anew. Prints what changed here
#   secrets.sh renew        has the running stack take secrets that have changed, within a minute
# Needs: openssl, Docker with the stack's image of Caddy, and root or sudo, as the files belong to the containers' user.
# ssm needs python3-boto3 and a way to Parameter Store.
# Leaves: one file for each secret in docker-compose/secrets (SECRETS_DIR names another folder), mode 0600; each
# changes as a whole, and none before all are known.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"
cd -P "$scripts/.."
umask 077

readonly user=10001
readonly passwords=(postgres_password database_owner_password database_app_password database_exporter_password
  minio_root_password minio_app_password meilisearch_key grafana_password pgadmin_password consoles_password)
readonly given=(mail_url tunnel_token model_key)
folder=$(secrets_folder)
# shellcheck source=docker-compose/images.env
. docker-compose/images.env
caddy=$PRETAMANE_REPOSITORY-caddy:$PRETAMANE_VERSION
# What is made before it is put in its place.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

is_kept() { as_root test -s "$folder/$1"; }

value_of() { if [ -s "$work/$1" ]; then cat "$work/$1"; else as_root cat "$folder/$1"; fi; }

# Whole or not at all: half a secret would be kept for ever. What is said by others begins by reading them, and fails so.
make_anew() {
  local name=$1
  shift
  "$@" >"$work/.new"
  mv "$work/.new" "$work/$name"
}

make() { if ! [ -s "$work/$1" ] && ! is_kept "$1"; then make_anew "$@"; fi; }

# Who may not look takes every secret for missing.
need_to_see() {
  as_root true || refuse "The secrets belong to another user: this needs root, or sudo without a failure."
}

# Hexadecimal: nothing in it needs quoting in a URL, a shell or SQL.
random() { openssl rand -hex "${1:-24}"; }

# Caddy's own hash, by its image: no tool for it is on every machine.
hash_of() {
  local password
  password=$(value_of "$1")
  docker run --rm --interactive --network none --read-only --cap-drop ALL \
    --security-opt no-new-privileges "$caddy" caddy hash-password <<<"$password"
}

url_of_role() {
  local password
  password=$(value_of "$2")
  printf '%s://%s:%s@%s\n' postgresql "$1" "$password" postgresql:5432/pretamane # pragma: allowlist secret
}

url_of_bucket() {
  local password
  password=$(value_of minio_app_password)
  printf '%s://%s:%s@%s\n' s3 pretamane-app "$password" 'minio:9000/pretamane?tls=none' # pragma: allowlist secret
}

make_generated() {
  local name
  for name in "${passwords[@]}"; do make "$name" random; done
  make signing_key random 48
}

# By `make` or by `make_anew`: what is said by other secrets.
derive() {
  "$1" database_url url_of_role pretamane_app database_app_password
  "$1" database_owner_url url_of_role pretamane_owner database_owner_password
  "$1" blob_url url_of_bucket
}

# Until somebody gives one: mails are kept as files, a named tunnel alone reads its token, and no backup goes elsewhere.
make_the_rest() {
  make backup_credentials echo '# As AWS writes it: [default], aws_access_key_id = …, aws_secret_access_key = …'
  make minio_root_user echo pretamane-owner
  "$1" mail_url echo log:
  "$1" tunnel_token echo none
}

place() {
  local file name
  as_root mkdir -p "$folder"
  as_root chown "$user:$user" "$folder"
  as_root chmod 700 "$folder"
  for file in "$work"/*; do
    name=$(basename "$file")
    if [ ! -f "$file" ] || as_root cmp -s "$file" "$folder/$name"; then continue; fi
    as_root install --owner "$user" --group "$user" --mode 600 "$file" "$folder/.$name.new"
    as_root mv "$folder/.$name.new" "$folder/$name"
    changed+=("$name")
  done
}

spare_what_is_kept() {
  local file
  for file in "$work"/*; do
    if [ -f "$file" ] && is_kept "$(basename "$file")"; then
      refuse "The secret $(basename "$file") came to be there meanwhile; none was written. Come again."
    fi
  done
}

local_secrets() {
  make_generated
  derive make
  make consoles_password_hash hash_of consoles_password
  make_the_rest make
  spare_what_is_kept
  place
  if [ "${#changed[@]}" = 0 ]; then
    say "Every secret was there already; none was touched."
  else
    say "Made ${#changed[@]} secrets in $folder: ${changed[*]}."
  fi
}

# What is kept here is what data depends on already: Parameter Store is offered that, and nothing new in its place.
offer() {
  local name
  for name in "${passwords[@]}" signing_key; do
    if is_kept "$name"; then make_anew "$name" value_of "$name"; fi
  done
  make_generated
}

secrets_of_parameter_store() {
  local path=${1:-${HOST_PARAMETERS:-}}
  case $path in
    /*/*) ;;
    *) refuse "Say where in Parameter Store: scripts/secrets.sh ssm /PROJECT/ENVIRONMENT" ;;
  esac
  offer
  PYTHONDONTWRITEBYTECODE=1 scripts/parameter-store "$path" "$work" \
    --generated "${passwords[@]}" signing_key --given "${given[@]}" || refuse "No secret was changed, neither there nor here."
  derive make_anew
  # Each hash of the same password is another.
  if ! is_kept consoles_password_hash || ! as_root cmp -s "$work/consoles_password" "$folder/consoles_password"; then
    make_anew consoles_password_hash hash_of consoles_password
  fi
  make_the_rest make_unless_given
  place
  if [ ! -f "$work/model_key" ]; then as_root rm -f "$folder/model_key"; fi
  if [ "${#changed[@]}" = 0 ]; then
    say "Every secret is what Parameter Store says; none was touched."
  else
    say "Changed ${#changed[@]} secrets in $folder. What runs takes them by: scripts/secrets.sh renew"
    printf '%s\n' "${changed[@]}"
  fi
}

make_unless_given() { if [ ! -s "$work/$1" ]; then make_anew "$@"; fi; }

# In no log, however slow or wrong it were.
roles() {
  local role name password
  echo "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';"
  while read -r role name; do
    password=$(value_of "$name")
    printf "ALTER ROLE %s PASSWORD '%s';\n" "$role" "$password"
  done <<'ROLES'
postgres postgres_password
pretamane_owner database_owner_password
pretamane_app database_app_password
pretamane_exporter database_exporter_password
ROLES
}

# Services keep the file that they were started with, so they are made anew; PostgreSQL's roles keep what they were told.
renew() {
  roles >"$work/.roles"
  compose exec -T postgresql psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres \
    --dbname postgres <"$work/.roles" >/dev/null 2>&1 || refuse "The database's roles did not take their passwords; nothing was started anew."
  quietly compose up --detach --wait --wait-timeout 300 --force-recreate ||
    refuse "Not everything came up with the secrets as they are now: scripts/doctor.sh says what did not."
  say "Everything runs with the secrets as they are now."
}

command -v openssl >/dev/null || refuse "Secrets are made by openssl, which is not installed here."
need_to_see
changed=()
case ${1:-} in
  local)
    one_at_a_time
    local_secrets
    ;;
  ssm) secrets_of_parameter_store "${2:-}" ;;
  renew)
    one_at_a_time
    renew
    ;;
  *) refuse "Say what to do: scripts/secrets.sh local, ssm or renew" ;;
esac

#!/usr/bin/env bash
# What the official image's entrypoint does, as far as the stack relies on it: a new folder is made by whoever runs it,
# with the superuser's password from a file; the scripts of initdb.d run beside a server that listens at a socket only.
set -euo pipefail

# initdb wants a name for its user.
name_the_user() {
  if getent passwd "$(id -u)" >/dev/null; then return; fi
  NSS_WRAPPER_PASSWD=$(mktemp) NSS_WRAPPER_GROUP=$(mktemp)
  echo "postgres:x:$(id -u):$(id -g):PostgreSQL:$PGDATA:/bin/false" >"$NSS_WRAPPER_PASSWD"
  echo "postgres:x:$(id -g):" >"$NSS_WRAPPER_GROUP"
  export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  export LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libnss_wrapper.so
}

make_folder() {
  local script
  name_the_user
  initdb --pgdata "$PGDATA" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 >/dev/null
  unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  sed --in-place 's/^local  *all  *all  *trust/local all all trust/' "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses='' -p 5432" --wait start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    if [ -e "$script" ]; then "$script"; fi
  done
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
}

mkdir -p "$PGDATA"
chmod 700 "$PGDATA" || :
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then make_folder; fi
exec "$@"

#!/bin/sh
# Starts Meilisearch with the master key that MEILI_MASTER_KEY_FILE names.
set -eu
MEILI_MASTER_KEY=$(cat "$MEILI_MASTER_KEY_FILE")
export MEILI_MASTER_KEY
exec "$@"

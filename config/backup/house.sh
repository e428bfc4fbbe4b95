#!/bin/sh
# A laptop's data folder comes in as a tar file, and goes out as a backup. Run by scripts/move-in.sh in the app's image:
# the folder's database is started here, on a copy, so that the folder itself is only ever read.
set -eu
umask 077

work=/data/moving-in
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir "$work" "$work/house"
tar --extract --directory "$work/house" --no-same-owner
PRETAMANE_DATA_DIR=$work/house python3 -m pretamane backup "$work/house.tar.gz" >&2
cat "$work/house.tar.gz"

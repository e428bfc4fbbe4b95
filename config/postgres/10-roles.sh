#!/usr/bin/env bash
# Makes the database and its roles, once, when the data folder is new: the image runs it then.
# Needs: the passwords' files below /run/secrets.
# Leaves: the database pretamane, its owner (migrations), the app's role (its rights come with each migration), and one
# for the exporter that reads figures and no table.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_app_password`
\set exporter_password `cat /run/secrets/database_exporter_password`
CREATE ROLE pretamane_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE pretamane_app LOGIN PASSWORD :'app_password';
CREATE ROLE pretamane_exporter LOGIN PASSWORD :'exporter_password' IN ROLE pg_monitor;
CREATE DATABASE pretamane OWNER pretamane_owner;
REVOKE ALL ON DATABASE pretamane FROM PUBLIC;
GRANT CONNECT ON DATABASE pretamane TO pretamane_app, pretamane_exporter;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
SQL

#!/usr/bin/env bash
# Run once by the image of PostgreSQL, on an empty data folder: Mainstay's roles and its database.
set -euo pipefail
run() { psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres "$@"; }

# By standard input: arguments can be read by every process of the container.
{
    printf "\\\\set owner_password '%s'\n" "$MAINSTAY_OWNER_PASSWORD"
    printf "\\\\set server_password '%s'\n" "$MAINSTAY_SERVER_PASSWORD"
    printf "\\\\set reporting_password '%s'\n" "$MAINSTAY_REPORTING_PASSWORD"
    cat /mainstay/roles.sql
} | run -f -
run -c 'create database mainstay owner mainstay_owner'

#!/bin/sh
# Give libpq the password that a secret holds, and do what is asked.
set -eu
if [ -n "${KANTONG_DATABASE_PASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$KANTONG_DATABASE_PASSWORD_FILE")
  export PGPASSWORD
fi
exec "$@"

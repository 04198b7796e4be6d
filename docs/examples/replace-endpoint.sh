#!/bin/sh
# Replaces one endpoint behind the gateway: replace-endpoint.sh UPSTREAM ID COMMAND...
# The command stops the old version, starts the new one and returns when that answers.
set -eu
upstream=$1 id=$2
shift 2
admin=${ADMIN:-http://127.0.0.1:9901}/upstreams/$upstream/endpoints/$id
post() {
  curl --fail-with-body --silent --show-error --output /dev/null --max-time 90 \
    ${ADMIN_TOKEN:+--header "authorization: Bearer $ADMIN_TOKEN"} \
    --json "$2" "$admin/$1"
}
post drain '{"deadline":"60s","wait":true,"cause":"deploy"}'
"$@"
post undrain '{"cause":"deployed"}'

#!/bin/sh
# Stops the gateway whose process id is given, and waits until it has drained.
set -eu
pid=$1
kill -TERM "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 1; done

#!/bin/sh
# Schemathesis against a running sandbox: what openapi.json says holds for calls that a machine makes up. The seed is
# fixed and the number of calls bounded. Left out are the stream of events, which never ends, and what changes the rules
# while it is asked: faults, clock and reset, which have tests of their own, as have magic numbers.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/venv-schemathesis
mkdir -p "$target"

[ -x "$venv/bin/schemathesis" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.32.5'

ready=$(mktemp)
cargo build --quiet -p ants-otp-sandbox --example serve
"$target/debug/examples/serve" --dialect error-statuses > "$ready" &
sandbox=$!
trap 'kill "$sandbox"; rm -f "$ready"' EXIT
until grep -q '}$' "$ready"; do sleep 0.05; done
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$ready")

"$venv/bin/schemathesis" --config-file sandbox/tests/schemathesis.toml run "$url/openapi.json" --url "$url"

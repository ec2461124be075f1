#!/bin/sh
# The inbox page in a real browser: Debian's Chromium, driven by selenium. `browser.sh --screenshots` writes the pictures
# of docs/images anew, too.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/venv-browser

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    echo "chromium and chromedriver are missing: apt-get install chromium chromium-driver" >&2
    exit 1
fi
mkdir -p "$target"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'selenium==4.51.0'
# For the axe-core 4.12.1 in it alone (MPL-2.0), which looks for what keeps people from using the page.
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps 'axe-playwright-python==0.1.8'

cargo build --quiet -p ants-otp-sandbox --example serve
exec "$venv/bin/python" sandbox/tests/browser.py "$target/debug/examples/serve" "$@"

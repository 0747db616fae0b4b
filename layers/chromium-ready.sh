#!/usr/bin/env bash
# A Chromium for the console's tests: one that is there, or Debian's where it may be installed.
set -euo pipefail

for program in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$program" ] && command -v "$program" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Chromium for the console's tests"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "no Chromium is here, so the console's tests are skipped; install it (apt-get install chromium) or set CHROMIUM to its path" >&2

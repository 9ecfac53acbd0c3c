#!/bin/sh
# Fills wheels/ with all that the image is built from, so that it is built without a network.
# Run it where there is one, with the Python version of the base image: PYTHON=python3.13.
set -eu

cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -r "$tools"' EXIT
"${PYTHON:-python3}" -m venv "$tools"
pip() { "$tools/bin/pip" --disable-pip-version-check "$@"; }
pip install --quiet --require-hashes --no-deps -r deploy/build.lock
for lock in deploy/build.lock requirements/image.lock; do
    # feedgen comes as source: without isolation, pip reads its metadata with our build tools.
    pip download --quiet --require-hashes --no-deps --no-build-isolation --dest wheels -r "$lock"
done

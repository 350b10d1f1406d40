#!/usr/bin/env bash
set -euo pipefail
python -m pip install --no-deps --no-build-isolation \
    "${CSFGENO_SOURCE:?set CSFGENO_SOURCE to the absolute path of a checkout or wheel of csfgeno}"

#!/usr/bin/env bash
# Installs the Debian packages that the tests call: oracles (samtools, bcftools, and what the hgvs package builds with),
# an aligner (bwa) and a browser for the report. Packages given as arguments are installed too.
set -euo pipefail

missing=()
for package in samtools bcftools bwa chromium "$@"; do
  command -v "$package" >/dev/null || missing+=("$package")
done
command -v pg_config >/dev/null || missing+=(libpq-dev)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

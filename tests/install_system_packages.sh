#!/usr/bin/env bash
# Installs the Debian packages that the tests call: oracles (samtools, bcftools, and what the hgvs package builds with),
# aligners and fastp for the workflow, a browser for the report and the libraries of its PDF. Packages given as
# arguments are installed too.
set -euo pipefail

missing=()
for package in samtools bcftools bwa minimap2 fastp chromium "$@"; do
  command -v "$package" >/dev/null || missing+=("$package")
done
command -v pg_config >/dev/null || missing+=(libpq-dev)
for library in libpangoft2-1.0-0 libharfbuzz-subset0; do
  ! command -v dpkg >/dev/null || dpkg -s "$library" >/dev/null 2>&1 || missing+=("$library")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

"""Reference data shipped with csfgeno; every file is a row of `MANIFEST.tsv`."""

"""Rewrite the sha256 column of `MANIFEST.tsv`.

    python reference/scripts/update_manifest.py

Rows are kept in the order of their paths. A file without a row, or a row without a file, stops the script: what a file
is, where it comes from and under which licence has to be written by a person.
"""

import csv
import hashlib
from pathlib import Path
from typing import Final

REFERENCE: Final = Path(__file__).resolve().parents[1]
MANIFEST: Final = REFERENCE / "MANIFEST.tsv"
COLUMNS: Final = ("path", "description", "source", "date", "licence", "sha256")


def shipped_files(reference: Path = REFERENCE) -> set[str]:
    """Return the data files below `reference/`, relative to it."""
    return {
        path.relative_to(reference).as_posix()
        for folder in reference.iterdir()
        if folder.is_dir() and folder.name not in ("scripts", "__pycache__")
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_manifest(path: Path = MANIFEST) -> list[dict[str, str]]:
    """Return the rows of the manifest."""
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def main() -> None:
    """Check the rows against the files and write the digests."""
    rows = sorted(read_manifest(), key=lambda row: row["path"])
    listed, present = {row["path"] for row in rows}, shipped_files()
    if listed != present:
        raise SystemExit(f"without a row: {sorted(present - listed)}; without a file: {sorted(listed - present)}")
    lines = ["\t".join(COLUMNS)]
    for row in rows:
        row["sha256"] = hashlib.sha256((REFERENCE / row["path"]).read_bytes()).hexdigest()
        lines.append("\t".join(row[column] for column in COLUMNS))
    MANIFEST.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

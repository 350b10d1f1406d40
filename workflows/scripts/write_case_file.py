"""Write the case file of a case of the sample sheet, with its clinical keys where a file holds them."""

from pathlib import Path
from typing import Any

import yaml


def write_case_file(path: Path, entry: dict[str, Any], clinical: Path | None) -> None:
    """Write `entry` as a case file; `csfgeno call` checks it."""
    if clinical is not None:
        entry = entry | {"clinical": yaml.load(clinical.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)}  # noqa: S506
    path.write_text(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True), encoding="utf-8")


if __name__ == "__main__":
    write_case_file(
        Path(snakemake.output[0]),  # type: ignore[name-defined]  # noqa: F821 - Snakemake puts it there
        dict(snakemake.params.entry),  # type: ignore[name-defined]  # noqa: F821
        next(map(Path, snakemake.input), None),  # type: ignore[name-defined]  # noqa: F821
    )

"""A runner of `csfgeno simulate` on a small panel of real EGFR sequence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from csfgeno.cli import main

from .planting import FASTA, PANEL


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.fixture(scope="session")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("panel") / "panel.bed"
    path.write_text(PANEL)
    return path


@pytest.fixture(scope="session")
def make_specimen(panel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a writer of specimens that gives the BAM."""

    def make(variants: str = "", *options: object, **parameters: str) -> Path:
        folder = tmp_path_factory.mktemp("specimen")
        (folder / "variants.tsv").write_text(variants)
        chosen = ["--variants", folder / "variants.tsv"] if variants else []
        settings = [part for name, value in parameters.items() for part in ("--set", f"{name}={value}")]
        arguments = ["simulate", "--reference", FASTA, "--panel", panel, *chosen, *settings, *options]
        assert run(*arguments, "--out-prefix", folder / "s") == 0
        return folder / "s.bam"

    return make

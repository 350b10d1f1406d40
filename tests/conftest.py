"""Shared fixtures: a tiny genome of random bases, one chromosome of true length, and writers of FASTA and BAM."""

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pysam
import pytest
from hypothesis import settings

from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.testing import BamBuilder
from csfgeno.vocab import Build

# A release gate must judge the same code alike twice; elsewhere every run explores new examples.
settings.register_profile("explore", deadline=None)
settings.register_profile("gate", parent=settings.get_profile("explore"), derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "explore")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "workflow: runs Snakemake, slower than the rest")


def _write_fasta(path: Path, sequences: Mapping[str, str], *, width: int = 60) -> Path:
    """Write an indexed FASTA; `.gz` is written by bgzip."""
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    with plain.open("w") as out:
        for name, bases in sequences.items():
            out.write(f">{name}\n")
            out.writelines(f"{bases[i : i + width]}\n" for i in range(0, len(bases), width))
    if path != plain:
        pysam.tabix_compress(str(plain), str(path), force=True)
        plain.unlink()
    pysam.faidx(str(path))
    return path


@pytest.fixture(scope="session")
def write_fasta() -> Callable[..., Path]:
    return _write_fasta


@pytest.fixture(scope="session")
def genome() -> dict[str, str]:
    """Two contigs of random bases, partly in lower case and with a masked stretch."""
    rng = random.Random(7)
    sequences = {name: "".join(rng.choices("ACGT", k=bp)) for name, bp in (("chr1", 1_000), ("chr7", 40_000))}
    sequences["chr7"] = sequences["chr7"][:500].lower() + "N" * 100 + sequences["chr7"][600:]
    return sequences


@pytest.fixture(scope="session")
def fasta(genome: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_fasta(tmp_path_factory.mktemp("genome") / "tiny.fa", genome)


@pytest.fixture(scope="session")
def chr21_fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GRCh38 chromosome 21 with its true length, masked throughout."""
    path = tmp_path_factory.mktemp("chr21") / "GRCh38.fa"
    length = PRIMARY_LENGTHS[Build.GRCH38]["21"]
    return _write_fasta(path, {"chr21": "N" * length}, width=length)


@pytest.fixture
def make_bam(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of BAM or CRAM files with a few reads on one contig."""

    def write(
        name: str,
        contigs: Mapping[str, int],
        *,
        bases: str = "A" * 50,
        reads: int = 3,
        sample: str = "S1",
        reference: Path | None = None,
    ) -> Path:
        builder = BamBuilder(contigs, sample=sample)
        contig = list(contigs)[-1]
        for index in range(reads):
            builder.add_read(f"r{index}", contig, 700, f"{len(bases)}M", bases)
        return builder.write(tmp_path / name, reference)

    return write

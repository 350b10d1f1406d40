"""From reads of tiny normals to a model: a site that errs in all of them is known, in whatever order they are read."""

import random
from pathlib import Path

import pytest

from csfgeno.errormodel.counts import BackgroundCounts, count_background
from csfgeno.errormodel.fit import fit_model
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds

from ..molecules.planted import BASES, CONTIG, REGION, Planter, read_evidence
from .test_laboratory_model import identity

SITE = REGION.start + 200
SHOWN = next(b for b in "ACGT" if b != BASES[SITE])
NOISY = Allele(CONTIG, SITE, BASES[SITE], SHOWN)


def read_normal(folder: Path, seed: int, *, molecules: int = 240, noisy: int) -> BackgroundCounts:
    """Plant molecules over the region, each read once; `noisy` of them err at the site."""
    rng = random.Random(seed)
    planter = Planter()
    for i in range(molecules):
        umi = "-".join("".join(rng.choices("ACGT", k=6)) for _ in range(2))
        snvs = {SITE: SHOWN} if i < noisy else {}
        planter.plant(SITE - 80 + rng.randrange(60), 100, umi, snvs=snvs)
    folder.mkdir()
    evidence = read_evidence(folder, planter)
    return count_background(evidence.tiles, evidence.sequence, (), Thresholds())


def test_a_site_noisy_in_all_normals_is_known(tmp_path: Path) -> None:
    normals = [read_normal(tmp_path / str(seed), seed, noisy=4) for seed in range(4)]
    model = fit_model(identity(4), normals, Thresholds())
    row = model.sites.places.row(CONTIG, SITE)
    assert row is not None
    assert model.sites.places.position(row) == (CONTIG.removeprefix("chr"), SITE)
    assert [seen.errors_by_site()[row].sum() for seen in normals] == [4] * 4
    assert model.table.errors.sum() == 16
    # What the model says of the site is what was planted: 4 of 240 molecules, and much more than of its like.
    expected = model.sites.factor(NOISY) * model.sites.expected[row, "ACGT".index(SHOWN)]
    assert expected == pytest.approx(16, rel=0.5)
    plain = Allele(CONTIG.removeprefix("chr"), SITE, NOISY.ref, NOISY.alt)
    assert model.sites.factor(plain) == model.sites.factor(NOISY) > 2.0
    like = next(p for p in range(SITE + 1, REGION.end) if BASES[p - 1 : p + 2] != BASES[SITE - 1 : SITE + 2])
    other = next(b for b in "ACGT" if b != BASES[like])
    assert model.sites.factor(Allele(CONTIG, like, BASES[like], other)) <= 1.0

"""Swaps, contaminants and what a mismatch does to a report."""

from dataclasses import replace

import numpy as np
import pytest

from csfgeno.calling.contaminants import weigh_contaminants
from csfgeno.genome.contigs import rename_contig
from csfgeno.identity.check import mark_contaminants, note_identity, withhold
from csfgeno.identity.contamination import find_contamination
from csfgeno.identity.match import match_specimens
from csfgeno.identity.sites import Site, SiteCounts, load_table, table_alleles, thin
from csfgeno.records import Allele, Contamination, Identity, IdentityMatch, Interval, Panel, Target
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import AlleleNote, Build, CallingTier, CallState, ContigStyle, FilterName, QcVerdict
from csfgeno.vocab.comparison import ContaminationState, IdentityResult
from tests.compartments.simulated import Planted, make_call, make_finding
from tests.identity.simulated import (
    CSF,
    NORMAL,
    PLASMA,
    draw_frequencies,
    draw_person,
    draw_sites,
    draw_tumour,
)
from tests.report.report_cases import CASES
from tests.study.identity import draw_mixed, evidence_of_oracle, evidence_with_errors, stated_evidence, swaps


def test_swaps_are_found_and_lost_copies_are_not_taken_for_another_person() -> None:
    found = swaps(6, 20)
    assert found["same"]["MISMATCH"] == 0
    assert found["cases"]["swap stopped"] >= 23
    assert found["cases"]["no swap stopped"] == 0


def test_few_sites_are_not_assessable() -> None:
    random = np.random.default_rng(5)
    person = np.array([1, 1])
    tumour = draw_tumour(2, random)
    sites = draw_sites({CSF: person, NORMAL: person}, {CSF: tumour, NORMAL: tumour}, random)
    assert match_specimens(CSF, NORMAL, sites, DEFAULTS).result is IdentityResult.NOT_ASSESSABLE
    empty = match_specimens(CSF, NORMAL, [], DEFAULTS)
    assert (empty.result, empty.log10_likelihood_ratio) == (IdentityResult.NOT_ASSESSABLE, None)


@pytest.mark.parametrize("share", [0.0, 0.02])
def test_another_persons_dna_is_found_where_it_is(share: float) -> None:
    random, sites = np.random.default_rng(9), 20
    frequencies = draw_frequencies(sites, random)
    patient, guest = draw_person(frequencies, random), draw_person(frequencies, random)
    tumour = draw_tumour(sites, random)
    counted = draw_sites(
        {PLASMA: patient, NORMAL: patient},
        {PLASMA: tumour, NORMAL: tumour},
        random,
        guest=guest,
        share={PLASMA: share},
    )
    own = find_contamination(PLASMA, counted, DEFAULTS)
    if share == 0.0:
        assert own.state is ContaminationState.NOT_FOUND
        assert own.limit is not None
        return
    assert own.state is ContaminationState.CONTAMINATED
    assert (own.low or 0) <= share * 1.2
    assert (own.high or 0) >= share * 0.8


def test_who_knows_more_finds_more_of_another_person() -> None:
    random = np.random.default_rng(3)
    drawn = [draw_mixed(CSF, 0.005, 12, random) for _ in range(25)]
    stated, known, oracle = (
        np.mean([evidence(mixed) for mixed in drawn])
        for evidence in (stated_evidence, evidence_with_errors, evidence_of_oracle)
    )
    assert DEFAULTS.contamination_evidence < stated < known < oracle


def test_a_specimen_without_sites_is_not_called_clean() -> None:
    assert find_contamination(CSF, [], DEFAULTS).state is ContaminationState.NOT_ASSESSABLE


def test_linked_sites_speak_once() -> None:
    counts = {CSF: SiteCounts(50, 100, 1e-4)}
    near = [Site(Allele("chr1", pos, "A", "G"), counts) for pos in (1000, 5000, 90_000)]
    assert [site.allele.start for site in thin(near)] == [1000, 90_000]


@pytest.mark.parametrize("build", Build)
def test_the_table_is_oriented_by_the_genome(build: Build) -> None:
    contig, start, _, _, one, other = next(
        line.split("\t") for line in load_table(build).splitlines() if "\trs1050171\t" in line
    )
    name = rename_contig(contig, ContigStyle.PLAIN)
    target = Target(Interval(name, int(start) - 5, int(start) + 5), "EGFR", "EGFR_ex20")
    panel = Panel("p", "1", build, (target,), (), "0")

    class Genome:
        def __init__(self, base: str) -> None:
            self.base = base

        def fetch(self, contig: str, start: int, end: int) -> str:
            del contig
            return self.base * (end - start)

        def length(self, contig: str) -> int:
            del contig
            return 10**9

    assert [(a.ref, a.alt) for a in table_alleles(load_table(build), panel, ContigStyle.PLAIN, Genome(one))] == [
        (one, other)
    ]
    assert [(a.ref, a.alt) for a in table_alleles(load_table(build), panel, ContigStyle.PLAIN, Genome(other))] == [
        (other, one)
    ]
    assert table_alleles(load_table(build), panel, ContigStyle.PLAIN, Genome("N")) == ()


def test_a_mismatch_withholds_every_finding_unless_overridden() -> None:
    report = CASES["driver_positive"]()
    mismatch = IdentityMatch(CSF, PLASMA, IdentityResult.MISMATCH, -9.0, 12, 6, 1e-6)
    blocked = withhold(replace(report, identity=Identity((mismatch,))))
    assert blocked.verdict is QcVerdict.FAIL
    assert (blocked.findings, blocked.hotspots, blocked.therapies) == ((), (), ())
    told = replace(report, identity=Identity((mismatch,), override="tubes relabelled"))
    assert withhold(told) is told
    assert {note.verdict for _, note in note_identity(blocked.identity, DEFAULTS)} == {QcVerdict.FAIL}
    assert {note.verdict for _, note in note_identity(told.identity, DEFAULTS)} == {QcVerdict.LIMITED}


def test_a_call_that_a_contaminant_explains_is_marked() -> None:
    dirty = Contamination(PLASMA, ContaminationState.CONTAMINATED, 0.01, 0.008, 0.012)
    identity = Identity(contamination=(dirty,))
    low = make_finding(0, Planted("TP53", "X1Y", {}), [make_call(CSF, 0, 800), make_call(PLASMA, 15, 3000)])
    high = make_finding(1, Planted("EGFR", "X1Y", {}), [make_call(CSF, 0, 800), make_call(PLASMA, 300, 3000)])
    both = make_finding(2, Planted("KRAS", "X1Y", {}), [make_call(CSF, 200, 800), make_call(PLASMA, 15, 3000)])
    marked = mark_contaminants((low, high, both), identity)
    assert [finding.contaminant_in for finding in marked] == [(PLASMA,), (), ()]
    assert AlleleNote.CONTAMINANT_LIKE in marked[0].notes


@pytest.mark.parametrize("share", [0.9, 0.97, 1.0])
def test_a_pure_tumour_that_lost_alleles_is_not_another_person(share: float) -> None:
    """At a tumour fraction of one a lost allele leaves no molecule; the share of tumour is the same at every site."""
    random = np.random.default_rng(17)
    for _ in range(12):
        frequencies = draw_frequencies(12, random)
        patient, tumour = draw_person(frequencies, random), draw_tumour(12, random, share)
        sites = draw_sites({CSF: patient, NORMAL: patient}, {CSF: tumour, NORMAL: tumour}, random)
        assert match_specimens(CSF, NORMAL, sites, DEFAULTS).result is not IdentityResult.MISMATCH


def test_the_filter_of_contaminants_explains_itself_and_spares_hotspots() -> None:
    dirty = Contamination(PLASMA, ContaminationState.CONTAMINATED, 0.01, 0.008, 0.012)
    identity = Identity(contamination=(dirty,))
    plasma = replace(make_call(PLASMA, 15, 3000), tier=CallingTier.PANEL)
    other = make_finding(0, Planted("TP53", "X1Y", {}), [make_call(CSF, 0, 800), plasma])
    driver = make_finding(1, Planted("KRAS", "X1Y", {}), [replace(plasma, tier=CallingTier.HOTSPOT)])
    explained, spared = weigh_contaminants(mark_contaminants((other, driver), identity), identity)
    assert explained.calls[0] == other.calls[0]
    assert explained.calls[1].state is CallState.INDETERMINATE
    assert explained.calls[1].filters[-1] is FilterName.CONTAMINANT
    assert "1.00% of the DNA is of another person, up to 1.20%" in explained.calls[1].remarks[-1].saw
    assert spared.calls[0].state is driver.calls[0].state
    assert [(r.name, r.fails) for r in spared.calls[0].remarks[-1:]] == [(FilterName.CONTAMINANT, False)]

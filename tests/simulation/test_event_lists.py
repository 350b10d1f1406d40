"""Lists of structural events: the two ways to write each, and one sentence for each fault."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.io.variantfile import VariantLine
from csfgeno.records import Breakpoint
from csfgeno.simulation.eventlist import parse_events
from csfgeno.simulation.events import EventKind, Junction
from csfgeno.vocab import Side

from .conftest import run
from .rearranging import COLUMNS, change, events_tsv, fusion, write_world

CONTIGS = {"chrA": 12_000, "chrB": 12_000}
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def vcf_line(contig: str, pos: int, alt: str, **columns: str) -> VariantLine:
    return VariantLine("v", {"contig": contig, "pos": str(pos), "ref": "A", "alt": alt, "vaf": "0.1", **columns})


def table_line(**columns: object) -> VariantLine:
    return VariantLine("t", {name: str(columns.get(name, "")) for name in COLUMNS})


@pytest.mark.parametrize(
    ("alt", "first", "second", "inserted"),
    [
        ("A[chrB:500[", Breakpoint("chrA", 99, LEFT), Breakpoint("chrB", 499, RIGHT), ""),
        ("A]chrB:500]", Breakpoint("chrA", 99, LEFT), Breakpoint("chrB", 499, LEFT), ""),
        ("]chrB:500]A", Breakpoint("chrB", 499, LEFT), Breakpoint("chrA", 99, RIGHT), ""),
        ("[chrB:500[A", Breakpoint("chrB", 499, RIGHT), Breakpoint("chrA", 99, RIGHT), ""),
        ("AGT[chrB:500[", Breakpoint("chrA", 99, LEFT), Breakpoint("chrB", 499, RIGHT), "GT"),
        ("]chrB:500]GTA", Breakpoint("chrB", 499, LEFT), Breakpoint("chrA", 99, RIGHT), "GT"),
    ],
)
def test_breakends_of_the_vcf_specification(alt: str, first: Breakpoint, second: Breakpoint, inserted: str) -> None:
    """VCF 4.3, section 5.4: `t[p[` joins what lies right of p behind t, and so on."""
    (event,) = parse_events([vcf_line("chrA", 100, alt)], CONTIGS)
    assert (event.kind, event.junction) == (EventKind.FUSION, Junction(first, second, inserted))


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("DEL", Breakpoint("chrA", 99, LEFT), Breakpoint("chrA", 200, RIGHT)),
        ("DUP", Breakpoint("chrA", 199, LEFT), Breakpoint("chrA", 100, RIGHT)),
        ("INV", Breakpoint("chrA", 99, LEFT), Breakpoint("chrA", 199, LEFT)),
    ],
)
def test_a_symbolic_allele_is_what_the_table_says(kind: str, first: Breakpoint, second: Breakpoint) -> None:
    """POS is the base before the event, END its last base; the table names the first and the last base."""
    from_vcf = parse_events([vcf_line("chrA", 100, f"<{kind}>", end="200")], CONTIGS)
    from_table = parse_events([table_line(**change(kind, "chrA", 101, 200, vaf=0.1))], CONTIGS)
    assert from_vcf == from_table
    assert from_vcf[0].junction == Junction(first, second)
    assert from_vcf[0].is_reciprocal == (kind == "INV")


def test_both_records_of_a_breakend_are_one_event() -> None:
    lines = [vcf_line("chrA", 100, "AGT[chrB:500["), vcf_line("chrB", 500, "]chrA:100]GTA")]
    assert len(parse_events(lines, CONTIGS)) == 1
    lines = [vcf_line("chrA", 100, "AGT]chrB:500]"), vcf_line("chrB", 500, "CAC]chrA:100]")]
    assert len(parse_events(lines, CONTIGS)) == 1


@settings(deadline=None)
@given(pos=st.integers(300, 11_000), size=st.integers(50, 900), reciprocal=st.booleans())
def test_what_an_event_leaves_covers_the_chromosome(pos: int, size: int, reciprocal: bool) -> None:
    """A deletion leaves nothing of its bases, a duplication leaves them twice, all else once."""
    for kind, times in (("DEL", 0), ("DUP", 2), ("INV", 1)):
        (event,) = parse_events([table_line(**change(kind, "chrA", pos + 1, pos + size))], {"chrA": 20_000})
        segments = event.remnants()["chrA"]
        for base, expected in ((pos - 1, 1), (pos, times), (pos + size - 1, times), (pos + size, 1)):
            assert sum(low <= base < high for low, high in segments) == expected
    columns = {"reciprocal": "yes" if reciprocal else "no"}
    (event,) = parse_events([table_line(**fusion(f"chrA:{pos}|", f"|chrB:{size}", **columns))], CONTIGS)
    assert len(event.junctions) == 1 + reciprocal
    assert event.remnants()["chrB"][0] == (0, size - 1)


def attempt(folder: Path, table: str, panel: str = "panel.bed") -> int:
    (folder / "e.tsv").write_text(table)
    arguments = ["--reference", folder / "genome.fa", "--panel", folder / panel, "--variants", folder / "e.tsv"]
    return run("simulate", *arguments, "--input-ng", 0.1, "--out-prefix", folder / "out" / "s")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    write_world(folder, seed=4)
    (folder / "far.bed").write_text("chrA\t100\t200\tA1\tA\n")
    return folder


@pytest.mark.parametrize(
    ("event", "code", "words"),
    [
        (change("LOSS", "chrA", 3100, 3400), 3, "kind 'LOSS' is unknown; it is one of FUSION, DEL, DUP, INV"),
        (change("DEL", "chrA", 3100, 3120), 3, "DEL of chrA:3100-3120 is shorter than 50 bp; write its bases"),
        (change("DEL", "chrA", 3400, 3100), 3, "shorter than 50 bp"),
        (change("DEL", "chrC", 3100, 3400), 3, "the reference has no contig 'chrC'"),
        (change("DUP", "chrA", 3100, 13_000), 3, "chrA has 12000 bases, none at 13000"),
        (change("INV", "chrA", 3100, 3400, contig2="chrB"), 3, "only a FUSION joins two contigs"),
        (change("DEL", "chrA", 3100, "x"), 3, "pos2 'x' is not a whole number"),
        (change("DEL", "chrA", 3100, ""), 3, "no pos2; a structural event needs contig, pos, pos2 and vaf"),
        (change("DEL", "chrA", 3100, 3400, vaf="5%"), 3, "vaf '5%' is not a fraction"),
        (change("DEL", "chrA", 3100, 3400, origin="moon"), 3, "origin 'moon' is unknown"),
        (fusion("chrA:3100|", "|chrB:9000", keeps="up"), 3, "keeps 'up' is neither left nor right"),
        (fusion("chrA:3100|", "|chrB:9000", inserted="ACU"), 3, "inserted 'ACU' is not up to 30 bases"),
        (fusion("chrA:3100|", "|chrB:9000", inserted="A" * 31), 3, "is not up to 30 bases"),
        (fusion("chrA:3100|", "|chrB:9000", reciprocal="maybe"), 3, "reciprocal 'maybe' is neither yes nor no"),
        (fusion("chrA:1100|", "|chrB:1100"), 2, "FUSION chrA:1100|::|chrB:1100 is out of reach of every target"),
    ],
)
def test_an_event_that_cannot_be_planted(
    event: dict[str, object], code: int, words: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(world, events_tsv([event])) == code
    assert words in capsys.readouterr().err
    assert not list((world / "out").glob("*"))


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([fusion("chrA:3100|", "|chrB:9000"), fusion("|chrB:9000", "chrA:3100|")], "is given twice"),
        (
            [change("DEL", "chrA", 3100, 3400, vaf=0.6), change("DEL", "chrA", 3300, 3600, vaf=0.5)],
            "need 1.1 of all molecules",
        ),
    ],
)
def test_events_that_cannot_be_planted_together(
    events: list[dict[str, object]], words: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(world, events_tsv(events)) in (2, 3)
    assert words in capsys.readouterr().err


def test_an_allele_that_is_no_event(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attempt(world, "contig\tpos\tref\talt\tvaf\nchrA\t3100\tA\t<CNV>\t0.1\n") == 3
    assert "'<CNV>' is no event that can be simulated" in capsys.readouterr().err


def test_a_whole_gene_is_lost_without_a_breakpoint_in_reach(world: Path) -> None:
    assert attempt(world, events_tsv([change("DEL", "chrA", 1000, 8000)])) == 0
    assert attempt(world, events_tsv([change("INV", "chrA", 1000, 8000)])) == 2

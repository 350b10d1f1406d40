"""Left-alignment: properties, and agreement with `bcftools norm`."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from csfgeno.errors import InputError
from csfgeno.genome.normalise import normalise
from csfgeno.records import Allele

from ..annotation.genome_slices import TextGenome

REPEATS = st.lists(st.sampled_from(["A", "C", "AC", "GAT", "TTTT", "CACA"]), min_size=4, max_size=12).map("".join)


def mutated(sequence: str, allele: Allele) -> str:
    assert sequence[allele.start : allele.end] == allele.ref
    return sequence[: allele.start] + allele.alt + sequence[allele.end :]


@st.composite
def placed_alleles(draw: st.DrawFn) -> tuple[str, Allele]:
    sequence = draw(REPEATS)
    start = draw(st.integers(0, len(sequence) - 1))
    ref = sequence[start : start + draw(st.integers(1, 6))]
    alt = draw(st.text("ACGT", min_size=1, max_size=6))
    assume(ref != alt)
    return sequence, Allele("c", start, ref, alt)


@given(placed_alleles())
def test_normalise__keeps_the_mutant_and_is_idempotent(placed: tuple[str, Allele]) -> None:
    sequence, allele = placed
    once = normalise(allele, TextGenome(c=sequence))
    assert mutated(sequence, once) == mutated(sequence, allele)
    assert normalise(once, TextGenome(c=sequence)) == once


@given(REPEATS, st.data())
def test_normalise__one_form_for_every_place_of_an_insertion_or_deletion(sequence: str, data: st.DataObject) -> None:
    """Two single insertions (or deletions) of one length that make the same sequence are one allele."""
    length = data.draw(st.integers(1, 4))
    genome = TextGenome(c=sequence)
    forms: dict[str, Allele] = {}
    for start in range(1, len(sequence) - length):
        anchor = sequence[start - 1]
        deletion = Allele("c", start - 1, sequence[start - 1 : start + length], anchor)
        insertion = Allele("c", start - 1, anchor, anchor + sequence[start : start + length])
        for allele in (deletion, insertion):
            form = normalise(allele, genome)
            assert forms.setdefault(mutated(sequence, allele), form) == form


@pytest.mark.parametrize(
    ("allele", "expected"),
    [
        (Allele("c", 4, "AC", "C"), Allele("c", 1, "GA", "G")),
        (Allele("c", 3, "AAC", "AAAC"), Allele("c", 1, "G", "GA")),
        (Allele("c", 0, "TGA", "CGA"), Allele("c", 0, "T", "C")),
        (Allele("c", 0, "TG", "G"), Allele("c", 0, "TG", "G")),
        (Allele("c", 1, "GAA", "GTCA"), Allele("c", 2, "A", "TC")),
    ],
)
def test_normalise__known_forms(allele: Allele, expected: Allele) -> None:
    assert normalise(allele, TextGenome(c="TGAAACAAACGT")) == expected


def test_normalise__masked_bases_stop_the_shift() -> None:
    genome = TextGenome(c="AANAAAAC")
    once = normalise(Allele("c", 4, "AA", "A"), genome)
    assert once == Allele("c", 2, "NA", "N")
    assert normalise(once, genome) == once


def test_normalise__sees_through_padding() -> None:
    genome = TextGenome(c="TGCACACATT")
    padded = normalise(Allele("c", 6, "CAT", "T"), genome)
    assert padded == normalise(Allele("c", 1, "GCA", "G"), genome)
    assert padded != normalise(Allele("c", 1, "GC", "G"), genome)


@pytest.mark.parametrize("alt", ["T", "<DEL>", "N", ""])
def test_normalise__refuses_what_is_no_plain_change(alt: str) -> None:
    with pytest.raises(InputError, match="cannot be named"):
        normalise(Allele("c", 0, "T", alt), TextGenome(c="TGCA"))


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools")
def test_normalise__agrees_with_bcftools(tmp_path: Path) -> None:
    rng = random.Random(5)
    sequence = "".join(rng.choice(["A", "CA", "GGT", "TTTTT", "CAG", "ACGT"]) for _ in range(900))
    alleles = []
    for _ in range(1500):
        start = rng.randrange(20, len(sequence) - 20)
        ref = sequence[start : start + rng.randint(1, 7)]
        alt = rng.choice(
            [ref[0], ref + ref[1:], ref + rng.choice("ACGT"), "".join(rng.choices("ACGT", k=rng.randint(1, 7)))]
        )
        if alt != ref:
            alleles.append(Allele("c", start, ref, alt))
    fasta, vcf = tmp_path / "c.fa", tmp_path / "in.vcf"
    fasta.write_text(f">c\n{sequence}\n")
    header = (
        f"##fileformat=VCFv4.3\n##contig=<ID=c,length={len(sequence)}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    rows = (f"c\t{a.start + 1}\t{i}\t{a.ref}\t{a.alt}\t.\t.\t.\n" for i, a in enumerate(alleles))
    vcf.write_text(header + "".join(rows))
    output = subprocess.run(
        ["bcftools", "norm", "-f", str(fasta), str(vcf)], check=True, capture_output=True, text=True
    ).stdout
    theirs = {}
    for line in output.splitlines():
        if not line.startswith("#"):
            contig, pos, name, ref, alt = line.split("\t")[:5]
            theirs[int(name)] = Allele(contig, int(pos) - 1, ref, alt)
    genome = TextGenome(c=sequence)
    assert len(theirs) == len(alleles)
    assert [normalise(a, genome) for a in alleles] == [theirs[i] for i in range(len(alleles))]

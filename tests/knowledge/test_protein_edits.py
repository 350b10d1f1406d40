import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.edits import Edit, parse_hgvsp

SHORT = "ACCACAACCA"


def applied(edit: Edit, sequence: str) -> str:
    before, after = sequence[: edit.start - 1], sequence[edit.start - 1 + len(edit.ref) :]
    return before + edit.alt + after


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    start = draw(st.integers(1, len(SHORT)))
    end = draw(st.integers(start - 1, min(len(SHORT), start + 3)))
    return Edit(start, SHORT[start - 1 : end], draw(st.text("AC", max_size=4)))


@given(edits(), edits())
def test_two_spellings_are_equal_exactly_if_the_proteins_are(one: Edit, other: Edit) -> None:
    same_protein = applied(one, SHORT) == applied(other, SHORT)
    changes_nothing = applied(one, SHORT) == SHORT
    assert same_protein == (one.canonical(SHORT) == other.canonical(SHORT)) or changes_nothing


@given(edits())
def test_the_canonical_form_makes_the_same_protein_and_is_stable(edit: Edit) -> None:
    canonical = edit.canonical(SHORT)
    assert applied(canonical, SHORT) == applied(edit, SHORT)
    assert canonical.canonical(SHORT) == canonical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p.L858R", Edit(858, "L", "R")),
        ("p.Leu858Arg", Edit(858, "L", "R")),
        ("p.R130*", Edit(130, "R", "*")),
        ("p.Arg130Ter", Edit(130, "R", "*")),
        ("p.G1202del", Edit(1202, "G", "")),
        ("p.E102_I103del", Edit(102, "EI", "")),
        ("p.T1151dup", Edit(1152, "", "T")),
        ("p.A763_Y764insFQEA", Edit(764, "", "FQEA")),
        ("p.Ala763_Tyr764insPheGlnGluAla", Edit(764, "", "FQEA")),
        ("p.Glu709_Thr710delinsAsp", Edit(709, "ET", "D")),
    ],
)
def test_names_are_read(text: str, expected: Edit) -> None:
    assert parse_hgvsp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "p.1151Tins",
        "p.Y772_A775dup",
        "p.E746_A750del",
        "p.A763_Y765insF",
        "p.A763_Y764ins",
        "p.L858",
        "p.L858delinsR*",
        "c.1A>C",
    ],
)
def test_names_that_leave_residues_open_are_refused(text: str) -> None:
    with pytest.raises(ReferenceDataError, match="'"):
        parse_hgvsp(text)


def test_a_block_of_equal_length_is_read_residue_by_residue() -> None:
    assert Edit(858, "LA", "RS").substitutions == (Edit(858, "L", "R"), Edit(859, "A", "S"))
    assert Edit(747, "LREA", "P").substitutions == ()

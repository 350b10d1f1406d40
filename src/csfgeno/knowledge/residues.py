"""Residues and bases that the match rules name against those that a genome has."""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final

from csfgeno.annotation.coding import CodingSequence, read_coding
from csfgeno.annotation.protein import UNKNOWN_RESIDUE
from csfgeno.annotation.reading import read_coding_name
from csfgeno.annotation.transcripts import Transcript, TranscriptTable
from csfgeno.errors import ReferenceDataError
from csfgeno.genome.sequence import SequenceSource, StrandView
from csfgeno.knowledge.checks import Problem
from csfgeno.knowledge.edits import named_residues
from csfgeno.knowledge.reading import RawRow, RawTables, open_tables
from csfgeno.records import SHIPPED

PROTEIN_NAMES: Final = frozenset({"hgvsp_exact", "hgvsp_list"})
CODING_NAMES: Final = "hgvsc_exact"
"""Kinds of match rules that name wild-type residues, or reference bases."""


def refuse_mismatches(
    overlay: Path, transcripts: TranscriptTable, sequence: SequenceSource, contigs: Container[str]
) -> None:
    """Hold the rows of an overlay against the genome of a case.

    Raises
    ------
    ReferenceDataError
        With file and line of the first row that names what the genome does not have.
    """
    rows = open_tables(overlay=overlay)["biomarkers.tsv"]
    added = {"biomarkers.tsv": tuple(row for row in rows if row.layer != SHIPPED)}
    if problems := find_mismatches(added, transcripts, sequence, contigs):
        raise ReferenceDataError(f"{problems[0]}; is the row of another transcript or build?")


def find_mismatches(
    raw: RawTables, transcripts: TranscriptTable, sequence: SequenceSource, contigs: Container[str]
) -> tuple[Problem, ...]:
    """Return the residues and bases of match rules that the genome has otherwise.

    Genes without a panel transcript, or on none of the `contigs` of the genome, and masked codons are passed over.
    """
    read: dict[str, CodingSequence] = {}
    return tuple(
        problem
        for row in raw["biomarkers.tsv"]
        if row.cells["match_type"] in PROTEIN_NAMES | {CODING_NAMES}
        if (transcript := _transcript(row, transcripts)) and transcript.contig in contigs
        for problem in _of_row(row, transcript, sequence, read)
    )


def _transcript(row: RawRow, transcripts: TranscriptTable) -> Transcript | None:
    gene = row.cells["gene"].partition(";")[0]
    return next((transcript for transcript in transcripts.transcripts if transcript.gene == gene), None)


def _of_row(
    row: RawRow, transcript: Transcript, sequence: SequenceSource, read: dict[str, CodingSequence]
) -> Iterator[Problem]:
    for name in row.cells["match_rule"].split(";"):
        if row.cells["match_type"] == CODING_NAMES:
            texts = _wrong_bases(name, transcript, sequence)
        else:
            texts = _wrong_residues(name, transcript, sequence, read)
        yield from (Problem(row.table, row.row_id, row.line, "match_rule", text) for text in texts)


def _wrong_bases(name: str, transcript: Transcript, sequence: SequenceSource) -> Iterator[str]:
    try:
        read_coding_name(name, transcript, sequence)
    except ReferenceDataError as error:
        yield str(error)


def _wrong_residues(
    name: str, transcript: Transcript, sequence: SequenceSource, read: dict[str, CodingSequence]
) -> Iterator[str]:
    if transcript.gene not in read:
        view = StrandView(sequence, transcript.contig, transcript.strand)
        read[transcript.gene] = read_coding(transcript, view)
    for codon, residue in named_residues(name):
        found = read[transcript.gene].residue(codon - 1)
        if found not in (residue, UNKNOWN_RESIDUE):
            yield f"'{name}' names {residue} at codon {codon}; {transcript.name} encodes {found} there"

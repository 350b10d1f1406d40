"""Residues that the match rules name against those that a genome encodes."""

from collections.abc import Container, Iterator

from csfgeno.annotation.coding import CodingSequence, read_coding
from csfgeno.annotation.protein import UNKNOWN_RESIDUE
from csfgeno.annotation.transcripts import Transcript, TranscriptTable
from csfgeno.genome.sequence import SequenceSource, StrandView
from csfgeno.knowledge.checks import Problem
from csfgeno.knowledge.edits import named_residues
from csfgeno.knowledge.reading import RawRow, RawTables

LISTS = frozenset({"hgvsp_exact", "hgvsp_list"})
"""Kinds of match rules that name wild-type residues."""


def find_mismatches(
    raw: RawTables, transcripts: TranscriptTable, sequence: SequenceSource, contigs: Container[str]
) -> tuple[Problem, ...]:
    """Return the residues of match rules that the genome encodes otherwise.

    Genes without a panel transcript, or on none of the `contigs` of the genome, and masked codons are passed over.
    """
    read: dict[str, CodingSequence] = {}
    return tuple(
        problem
        for row in raw["biomarkers.tsv"]
        if row.cells["match_type"] in LISTS
        if (transcript := _transcript(row, transcripts)) and transcript.contig in contigs
        for problem in _of_row(row, transcript, sequence, read)
    )


def _transcript(row: RawRow, transcripts: TranscriptTable) -> Transcript | None:
    gene = row.cells["gene"].partition(";")[0]
    return next((transcript for transcript in transcripts.transcripts if transcript.gene == gene), None)


def _of_row(
    row: RawRow, transcript: Transcript, sequence: SequenceSource, read: dict[str, CodingSequence]
) -> Iterator[Problem]:
    if transcript.gene not in read:
        view = StrandView(sequence, transcript.contig, transcript.strand)
        read[transcript.gene] = read_coding(transcript, view)
    for name in row.cells["match_rule"].split(";"):
        for codon, residue in named_residues(name):
            found = read[transcript.gene].residue(codon - 1)
            if found not in (residue, UNKNOWN_RESIDUE):
                text = f"'{name}' names {residue} at codon {codon}; {transcript.name} encodes {found} there"
                yield Problem(row.table, row.row_id, row.line, "match_rule", text)

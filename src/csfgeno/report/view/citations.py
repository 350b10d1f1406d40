"""Citations and the addresses they lead to."""

import re
from typing import Final
from urllib.parse import quote

from csfgeno.records import DrugLevel, EvidenceRow
from csfgeno.report.view.parts import Link

ADDRESSES: Final = (
    (re.compile(r"(?:PMID:)?(\d{1,9})"), "PMID", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"(NCT\d{8})"), "", "https://clinicaltrials.gov/study/{}"),
    (re.compile(r"(?:DOI:)?(10\.\d{4,9}/\S+)", re.IGNORECASE), "doi", "https://doi.org/{}"),
)
"""Forms of a citation and the address of each."""


def cite(reference: str) -> Link:
    """Return the link of a PMID, NCT number or DOI; anything else stays text."""
    for pattern, prefix, address in ADDRESSES:
        if found := pattern.fullmatch(reference):
            return Link(f"{prefix} {found[1]}".strip(), address.format(quote(found[1], safe="/")))
    return Link(reference, None)


def cite_row(row: EvidenceRow | DrugLevel) -> tuple[Link, ...]:
    """Return the links of one row of evidence."""
    trial = row.nct if isinstance(row, EvidenceRow) else None
    return tuple(cite(reference) for reference in (row.pmid, row.doi, trial) if reference)

"""Citations and the addresses they lead to."""

import re
from typing import Final
from urllib.parse import quote

from csfgeno.records import ContextFact, DrugLevel, EvidenceRow
from csfgeno.report.view.parts import Link

ADDRESSES: Final = (
    (re.compile(r"(?:PMID:)?(\d{1,9})"), "PMID", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"(NCT\d{8})"), "", "https://clinicaltrials.gov/study/{}"),
    (re.compile(r"(?:DOI:)?(10\.\d{4,9}/\S+)", re.IGNORECASE), "doi", "https://doi.org/{}"),
)
"""Forms of a citation and the address of each."""

_WEB: Final = re.compile(r"https?://(?:www\.)?([^/\s]+)\S*")


def cite(reference: str) -> Link:
    """Return the link of a PMID, NCT number or DOI; anything else stays text."""
    for pattern, prefix, address in ADDRESSES:
        if found := pattern.fullmatch(reference):
            return Link(f"{prefix} {found[1]}".strip(), address.format(quote(found[1], safe="/")))
    return Link(reference, None)


def cite_row(row: EvidenceRow | DrugLevel | ContextFact) -> tuple[Link, ...]:
    """Return the links of one row of evidence; the address at which it was seen where it has no number of its own."""
    trial = row.nct if isinstance(row, EvidenceRow) else None
    numbered = tuple(cite(reference) for reference in (row.pmid, row.doi) if reference)
    seen_at = () if numbered or not row.seen_at else (place(row.seen_at),)
    return (*numbered, *seen_at, *((cite(trial),) if trial else ()))


def place(seen_at: str) -> Link:
    """Return the link of an address under the name of its site; what is no address stays text."""
    found = _WEB.fullmatch(seen_at)
    return Link(found[1], seen_at) if found else Link(seen_at, None)

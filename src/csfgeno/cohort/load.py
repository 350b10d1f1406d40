"""Cases into the store, and out of it."""

import hashlib
import hmac
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.cohort.document import CaseDocument, FindingPart, PanelPart, QualityPart, parse_case, read_case_file
from csfgeno.errors import InputError
from csfgeno.genome.contigs import rename_contig
from csfgeno.io.store import Store
from csfgeno.vocab import CallState, ContigStyle

log = logging.getLogger(__name__)

BATCH: Final = 200
"""Cases that are loaded in one transaction; others can write in between."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many documents were new cases, new versions of known cases, or there already."""

    new: int = 0
    updated: int = 0
    known: int = 0

    def __add__(self, other: "Loaded") -> "Loaded":
        """Return both together."""
        return Loaded(self.new + other.new, self.updated + other.updated, self.known + other.known)


def load_cases(store: Store, paths: Sequence[Path]) -> Loaded:
    """Load case JSON files; a file that is there already changes nothing, a new version of a case becomes its current.

    Cases before a file that cannot be used stay loaded.

    Raises
    ------
    InputError
        If a file is no case JSON, or its case is in the store for another patient.
    """
    total = Loaded()
    for batch in _batches(paths):
        read = [(path.name, *read_case_file(path)) for path in batch]
        new = [
            (parse_case(content, name), sha256, name) for name, content, sha256 in read if not _is_known(store, sha256)
        ]
        with store.transaction():
            total += sum((_load(store, *document) for document in new), Loaded(known=len(read) - len(new)))
        log.info("%d of %d files", total.new + total.updated + total.known, len(paths))
    return total


def remove_case(store: Store, case_id: str) -> int:
    """Remove every version of a case, and return how many there were.

    Raises
    ------
    InputError
        If the store has no such case.
    """
    with store.transaction():
        removed = store.change("DELETE FROM reports WHERE case_id = ?", (case_id,))
        store.change("DELETE FROM alleles WHERE allele_id NOT IN (SELECT allele_id FROM calls)")
    if not removed:
        raise InputError(f"the store has no case '{case_id}'; see `csfgeno cohort runs` for those it has")
    return removed


def _batches(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    return (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))


def _load(store: Store, document: CaseDocument, sha256: str, name: str) -> Loaded:
    case = document.case
    # Another process may have loaded the file since it was parsed.
    if _is_known(store, sha256):
        return Loaded(known=1)
    patient = _pseudonym(store, case.patient_code)
    others = store.rows("SELECT patient FROM reports WHERE case_id = ?", (case.case_id,))
    if any(other != patient for (other,) in others):
        raise InputError(
            f"'{name}' is of case '{case.case_id}', which the store has for another patient code; "
            "give each case its own id, or remove the other with `csfgeno cohort remove`"
        )
    store.change("UPDATE reports SET is_current = 0 WHERE case_id = ?", (case.case_id,))
    report = store.change(
        "INSERT INTO reports (sha256, case_id, patient, csfgeno, panel_id, is_current) VALUES (?, ?, ?, ?, ?, 1)",
        (sha256, case.case_id, patient, document.provenance.version, _panel(store, document.panel)),
    )
    store.change_many(
        "INSERT INTO specimens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _specimen_rows(report, document)
    )
    store.change_many("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)", _call_rows(store, report, document))
    return Loaded(updated=1) if others else Loaded(new=1)


def _is_known(store: Store, sha256: str) -> bool:
    return bool(store.rows("SELECT 1 FROM reports WHERE sha256 = ?", (sha256,)))


def _pseudonym(store: Store, patient_code: str) -> str:
    """Return a digest of a patient's code that only this store makes, so that patients can be counted."""
    [(key,)] = store.rows("SELECT key FROM laboratory")
    return hmac.new(bytes.fromhex(key), patient_code.encode(), hashlib.sha256).hexdigest()


def _panel(store: Store, panel: PanelPart) -> int:
    known = store.rows("SELECT panel_id FROM panels WHERE sha256 = ? AND build = ?", (panel.sha256, panel.build))
    if known:
        return int(known[0][0])
    own = store.change(
        "INSERT INTO panels (sha256, build, name) VALUES (?, ?, ?)",
        (panel.sha256, panel.build, f"{panel.name} {panel.version}"),
    )
    places = {(_plain(t.interval.contig), t.interval.start, t.interval.end) for t in panel.targets}
    store.change_many("INSERT INTO targets VALUES (?, ?, ?, ?)", [(own, *place) for place in sorted(places)])
    return own


def _specimen_rows(report: int, document: CaseDocument) -> Iterator[tuple[str | int | float | None, ...]]:
    collected = {specimen.kind: specimen.collected for specimen in document.case.specimens}
    for qc in document.qc:
        day = collected.get(qc.specimen)
        states = [hotspot.state for hotspot in document.hotspots if hotspot.specimen is qc.specimen]
        unseen = states.count(CallState.NOT_ASSESSABLE)
        yield (report, qc.specimen, day.isoformat() if day else None, *_measures(qc), len(states), unseen)


def _measures(qc: QualityPart) -> tuple[str | int | float | None, ...]:
    shares = (qc.derived.duplex_share, qc.derived.duplicate_rate, qc.derived.on_target_rate)
    return (qc.evidence_mode, qc.verdict, qc.molecules, qc.median_depth, qc.mean_family_size, *shares)


def _call_rows(store: Store, report: int, document: CaseDocument) -> Iterable[tuple[str | int | None, ...]]:
    for finding in document.findings:
        allele = _allele(store, document.panel.build, finding)
        for call in finding.calls:
            counts = call.counts.derived
            yield (report, allele, call.specimen, call.state, counts.depth, counts.alt, ";".join(call.filters))


def _allele(store: Store, build: str, finding: FindingPart) -> int:
    place = finding.allele
    key = (build, _plain(place.contig), place.start, place.ref, place.alt)
    change = finding.change
    names = (change.gene, change.hgvs_c, change.hgvs_p_short) if change else (None, None, None)
    # A later csfgeno may name an allele better, or know it as a hotspot.
    store.change(
        "INSERT INTO alleles (build, contig, start, ref, alt, gene, hgvs_c, hgvs_p, is_hotspot) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "gene = excluded.gene, hgvs_c = excluded.hgvs_c, hgvs_p = excluded.hgvs_p, is_hotspot = excluded.is_hotspot",
        (*key, *names, bool(finding.hotspot_ids)),
    )
    where = "build = ? AND contig = ? AND start = ? AND ref = ? AND alt = ?"
    return int(store.rows(f"SELECT allele_id FROM alleles WHERE {where}", key)[0][0])  # noqa: S608 - a constant


def _plain(contig: str) -> str:
    return rename_contig(contig, ContigStyle.PLAIN)

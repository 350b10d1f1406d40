"""Case JSON documents with what a cohort reads of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PANEL = hashlib.sha256(b"panel").hexdigest()
OTHER_PANEL = hashlib.sha256(b"other panel").hexdigest()


def call(
    specimen: str, alt: int, depth: int = 1000, *, state: str = "DETECTED", filters: Sequence[str] = ()
) -> dict[str, Any]:
    counts = {"derived": {"depth": depth, "alt": alt, "vaf": alt / depth}}
    return {"specimen": specimen, "state": state, "counts": counts, "filters": list(filters)}


def finding(
    start: int, *calls: Mapping[str, Any], ref: str = "C", alt: str = "T", hotspot: str | None = None
) -> dict[str, Any]:
    return {
        "allele": {"contig": "chr7", "start": start, "ref": ref, "alt": alt},
        "change": {"gene": "EGFR", "hgvs_c": f"c.{start}{ref}>{alt}", "hgvs_p_short": f"p.X{start}Y"},
        "calls": list(calls),
        "hotspot_ids": [hotspot] if hotspot else [],
    }


def document(
    case_id: str,
    *findings: Mapping[str, Any],
    patient: str | None = None,
    collected: str | None = "2026-01-01",
    depth: float = 1000.0,
    verdict: str = "PASS",
    panel: str = PANEL,
    targets: Sequence[tuple[int, int]] = ((0, 100_000),),
    schema_version: str = "1.0",
    specimens: Sequence[str] = ("csf",),
) -> dict[str, Any]:
    intervals = [{"contig": "chr7", "start": start, "end": end} for start, end in targets]
    quality = {"evidence_mode": "umi_families", "verdict": verdict, "molecules": 10_000, "median_depth": depth}
    shares = {"duplex_share": 0.4, "duplicate_rate": 0.7, "on_target_rate": 0.9}
    return {
        "schema_version": schema_version,
        "case": {
            "case_id": case_id,
            "patient_code": patient or f"patient of {case_id}",
            "specimens": [{"kind": kind, "collected": collected} for kind in specimens],
        },
        "panel": {
            "name": "nsclc",
            "version": "1",
            "sha256": panel,
            "build": "GRCh38",
            "targets": [{"interval": interval} for interval in intervals],
        },
        "findings": list(findings),
        "hotspots": [{"specimen": kind, "state": "NOT_DETECTED"} for kind in specimens],
        "qc": [quality | {"specimen": kind, "mean_family_size": 3.0, "derived": shares} for kind in specimens],
        "provenance": {"version": "0.1.0"},
    }


def write(folder: Path, *documents: Mapping[str, Any]) -> list[Path]:
    paths = []
    for own in documents:
        content = json.dumps(own).encode()
        path = folder / f"{own['case']['case_id']}.{hashlib.sha256(content).hexdigest()[:8]}.json"
        path.write_bytes(content)
        paths.append(path)
    return paths

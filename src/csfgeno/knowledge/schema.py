"""Columns of the knowledge tables: which they are and what each may hold."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from csfgeno.vocab import ContextKind, Direction, PkMetric, Verification

Check = Callable[[str], str | None]
"""Returns what was expected if the text of a cell is not acceptable, else `None`."""

CNS_GRADES: Final = ("A", "B", "C", "D", "NA")
AMP_TIERS: Final = ("I-A", "I-B", "II-C", "II-D", "III")


def one_of(*words: str) -> Check:
    """Accept exactly these words."""
    return lambda text: None if text in words else f"one of {', '.join(repr(str(word)) for word in words)}"


def matching(regex: str, expected: str) -> Check:
    """Accept texts that match `regex` as a whole."""
    compiled = re.compile(regex)
    return lambda text: None if compiled.fullmatch(text) else expected


def optional(check: Check) -> Check:
    """Accept an empty cell as well."""
    return lambda text: check(text) if text else None


def each(check: Check, separator: str = ";") -> Check:
    """Accept a list of values that all pass `check`."""

    def complain(text: str) -> str | None:
        complaints = (check(part) for part in text.split(separator))
        return next((f"'{separator}'-separated values, each {c}" for c in complaints if c), None)

    return complain


def calendar_date(text: str) -> str | None:
    """Accept an ISO 8601 date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return "a date such as 2026-11-23"
    return None


def anything(_: str) -> str | None:
    """Accept any text."""
    return None


TEXT: Final = matching(r"\S(?:.*\S)?", "some text without blanks around it")
IDENTIFIER: Final = matching(r"[A-Za-z0-9_]+", "letters, digits and underscores")
IDENTIFIERS: Final = each(IDENTIFIER)
YEAR: Final = matching(r"(19|20)\d{2}", "a year")
PMID: Final = matching(r"[1-9]\d{0,7}", "a PubMed number")
DOI: Final = matching(r"10\.\d{4,9}/\S+", "a DOI such as 10.1200/JCO.19.00457")
TRIAL: Final = matching(r"NCT\d{8}|ChiCTR\d{10}", "a registry number such as NCT02228369")
REFERENCE: Final = matching(r"PMID:[1-9]\d{0,7}|DOI:10\.\d{4,9}/\S+|NCT\d{8}", "PMID:n, DOI:10.n/x or NCTn")
COUNT: Final = matching(r"[1-9]\d*", "a count")
PERCENT: Final = matching(r"\d{1,2}(\.\d+)?|100", "a percentage")
VERIFICATION: Final = one_of(*Verification)
REGULATORY_VERIFICATION: Final = matching(
    r"(verified:.+|recalled|secondary|not applicable)", "'verified:SOURCE', 'recalled', 'secondary' or 'not applicable'"
)
PRIOR: Final = optional(each(matching(r"\w+(\+\w+)*", "tokens joined by '+'")))
ROLE: Final = one_of("driver", "resistance on-target", "resistance bypass", "co-mutation prognostic", "CHIP-prone")
DRUGS: Final = each(IDENTIFIER, "+")
RATIO: Final = matching(r"\d+(\.\d+)?", "a ratio")
SUBSTRATE: Final = one_of("yes", "weak", "no", "unknown", "na")


ACTIVITY_BASES: Final = (
    "response",
    "CNS progression",
    "disease control",
    "survival",
    "whole-body response",
    "whole-body progression",
    "CNS response elsewhere",
    "case",
    "none",
)
"""What the activity of an evidence row was read from; `response` is an intracranial or leptomeningeal response rate."""

COLUMNS: Final[Mapping[str, Mapping[str, Check]]] = {
    "version.tsv": {"version": calendar_date, "review_by": calendar_date, "statement": TEXT},
    "prior_therapies.tsv": {
        "token": IDENTIFIER,
        "drug_classes": optional(each(TEXT)),
        "generations": optional(each(TEXT)),
        "routes": optional(each(TEXT)),
        "meaning": TEXT,
    },
    "biomarkers.tsv": {
        "id": IDENTIFIER,
        "gene": IDENTIFIERS,
        "alteration_class": each(one_of("snv", "indel", "cnv", "fusion", "splice")),
        "transcript": each(matching(r"NM_\d+\.\d+", "a RefSeq transcript with version")),
        "match_type": TEXT,
        "match_rule": TEXT,
        "display_name": TEXT,
        "role": ROLE,
        "evidence_parent": optional(IDENTIFIER),
        "notes": anything,
        "refs": optional(each(REFERENCE)),
        "verification": one_of("refs_seen", "refs_partly_seen", "recalled"),
    },
    "therapies.tsv": {
        "drug_id": IDENTIFIER,
        "name": TEXT,
        "synonyms": anything,
        "drug_class": TEXT,
        "generation": TEXT,
        "route": TEXT,
        "targets": TEXT,
        "fda_status": TEXT,
        "ema_status": TEXT,
        "nmpa_status": TEXT,
        "indication_short": TEXT,
        "cns_dose_notes": TEXT,
        "pgp_substrate": SUBSTRATE,
        "bcrp_substrate": SUBSTRATE,
        "transporter_verification": VERIFICATION,
        "transporter_source": anything,
        "moalmanac_records": anything,
        "regulatory_verification": REGULATORY_VERIFICATION,
        "notes": anything,
    },
    "schedules.tsv": {
        "schedule_id": IDENTIFIER,
        "drug_ids": DRUGS,
        "dose": TEXT,
        "status": one_of("label", "off_label", "investigational", "historical"),
    },
    "pharmacokinetics.tsv": {
        "pk_id": IDENTIFIER,
        "drug_id": IDENTIFIER,
        "metric": one_of(*PkMetric),
        "species": one_of("human", "animal"),
        "subjects": optional(COUNT),
        "dose": anything,
        "ratio_low": optional(RATIO),
        "ratio_high": optional(RATIO),
        "result": TEXT,
        "reaches_cns": optional(one_of("yes", "no", "unknown")),
        "study": TEXT,
        "year": optional(YEAR),
        "pmid": optional(PMID),
        "doi": optional(DOI),
        "verification": VERIFICATION,
        "seen_url": anything,
        "note": anything,
    },
    "cns_evidence.tsv": {
        "evidence_id": IDENTIFIER,
        "drug_ids": DRUGS,
        "schedule_id": IDENTIFIER,
        "regimen": TEXT,
        "biomarker_ids": IDENTIFIERS,
        "cns_setting": one_of("parenchymal", "leptomeningeal", "mixed"),
        "design_class": one_of(
            "prospective_lm",
            "prospective_cns",
            "rct_cns_analysis",
            "rct_subgroup",
            "single_arm_subgroup",
            "pooled_subgroup",
            "lm_subgroup",
            "lm_retrospective",
            "case_series",
            "systemic_in_cns_subset",
        ),
        "study": TEXT,
        "nct": optional(each(TRIAL)),
        "phase": TEXT,
        "line": TEXT,
        "n_cns": optional(COUNT),
        "ic_orr_pct": optional(PERCENT),
        "responders": optional(matching(r"\d+", "a count")),
        "evaluable": optional(COUNT),
        "activity": one_of("active", "modest", "poor", "unknown"),
        "activity_basis": one_of(*ACTIVITY_BASES),
        "result": TEXT,
        "cns_pfs_os": TEXT,
        "comparator": TEXT,
        "tumour": one_of("NSCLC", "breast", "melanoma", "mixed"),
        "tki_naive_population": one_of("0", "1"),
        "year": YEAR,
        "pmid": optional(PMID),
        "doi": optional(DOI),
        "verification": VERIFICATION,
        "seen_url": anything,
        "note": anything,
    },
    "actionability.tsv": {
        "act_id": IDENTIFIER,
        "rule_type": one_of("single", "cooccurrence"),
        "requires_all": each(IDENTIFIER, "+"),
        "requires_none": optional(IDENTIFIERS),
        "phase": one_of("cis", "trans", "unknown", "na"),
        "prior_therapy_any": PRIOR,
        "prior_therapy_none": PRIOR,
        "drug_ids": DRUGS,
        "schedule_ids": optional(IDENTIFIERS),
        "direction": one_of(*Direction),
        "line_context": TEXT,
        "escat": one_of("I-A", "I-B", "I-C", "II-A", "II-B", "III-A", "III-B", "IV-A", "X"),
        "amp_asco_cap": one_of(*AMP_TIERS),
        "level_oncokb_style": TEXT,
        "civic_eids": optional(each(matching(r"EID\d+", "a CIViC evidence id"))),
        "moalmanac_ids": anything,
        "refs": optional(each(REFERENCE)),
        "verification": VERIFICATION,
        "verification_source": anything,
        "message": anything,
    },
    "context.tsv": {
        "context_id": IDENTIFIER,
        "kind": one_of(*ContextKind),
        "trigger": one_of("present", "csf_only", "germline", "blood", "in_normal", "origin_unknown"),
        "requires_all": optional(each(IDENTIFIER, "+")),
        "roles": optional(each(ROLE)),
        "requires_none": optional(IDENTIFIERS),
        "prior_therapy_any": PRIOR,
        "prior_therapy_none": PRIOR,
        "message": TEXT,
        "action": anything,
        "refs": optional(each(REFERENCE)),
        "fact_ids": optional(IDENTIFIERS),
        "verification": VERIFICATION,
    },
    "cases.tsv": {
        "case": IDENTIFIER,
        "title": TEXT,
        "changes": anything,
        "prior": anything,
        "phase": optional(one_of("cis", "trans")),
    },
    "csf_facts.tsv": {
        "fact_id": IDENTIFIER,
        "topic": TEXT,
        "statement": TEXT,
        "value": TEXT,
        "n": optional(COUNT),
        "use_in_software": TEXT,
        "citation": TEXT,
        "year": YEAR,
        "pmid": optional(PMID),
        "doi": optional(DOI),
        "verification": VERIFICATION,
        "seen_url": anything,
        "note": anything,
    },
}
"""Every table with its columns in order; the first column identifies the row."""

NOT_OVERLAID: Final = frozenset({"version.tsv", "cases.tsv"})
"""Tables that an overlay may not touch: the version is that of the shipped tables, the worked cases are theirs."""

REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "biomarkers.tsv": {"evidence_parent": "biomarkers.tsv"},
    "schedules.tsv": {"drug_ids": "therapies.tsv"},
    "pharmacokinetics.tsv": {"drug_id": "therapies.tsv"},
    "cns_evidence.tsv": {
        "drug_ids": "therapies.tsv",
        "schedule_id": "schedules.tsv",
        "biomarker_ids": "biomarkers.tsv",
    },
    "actionability.tsv": {
        "requires_all": "biomarkers.tsv",
        "requires_none": "biomarkers.tsv",
        "prior_therapy_any": "prior_therapies.tsv",
        "prior_therapy_none": "prior_therapies.tsv",
        "drug_ids": "therapies.tsv",
        "schedule_ids": "schedules.tsv",
    },
    "context.tsv": {
        "requires_all": "biomarkers.tsv",
        "requires_none": "biomarkers.tsv",
        "prior_therapy_any": "prior_therapies.tsv",
        "prior_therapy_none": "prior_therapies.tsv",
        "fact_ids": "csf_facts.tsv",
    },
}
"""Columns whose values (separated by `;` or `+`) must be row ids of another table."""

UNSELECTED: Final = "ANY"
"""Biomarker of an evidence row from patients not selected by genotype."""

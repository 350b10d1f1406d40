"""Identity and contamination: whether all tubes are of one person, and of nobody else."""

from dataclasses import dataclass

from csfgeno.records import CaseReport, Contamination, IdentityMatch
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge, in_specimen, listed, specimen_word
from csfgeno.report.view.reasons import reason_text
from csfgeno.vocab.comparison import ContaminationState, IdentityResult


@dataclass(frozen=True, slots=True)
class Checked:
    """One line: what was compared, the result, and what it rests on."""

    subject: str
    badge: Badge
    detail: str


@dataclass(frozen=True, slots=True)
class IdentityChecks:
    """The section of identity and contamination; `override` is the reason for reporting in spite of a mismatch."""

    pairs: tuple[Checked, ...]
    contamination: tuple[Checked, ...]
    mismatch: str | None
    override: str | None
    is_blocked: bool


def build_identity_checks(report: CaseReport, say: Sentences) -> IdentityChecks:
    """Return what is known of the identity of the specimens."""
    identity = report.identity
    return IdentityChecks(
        pairs=tuple(_pair(match, say) for match in identity.matches),
        contamination=tuple(_contamination(own, say) for own in identity.contamination),
        mismatch=mismatch_text(report, say),
        override=say("identity_check.override", reason=identity.override) if identity.override else None,
        is_blocked=identity.is_blocked,
    )


def mismatch_text(report: CaseReport, say: Sentences) -> str | None:
    """Return which specimens are not of one person, `None` if all are."""
    pairs = [
        say("identity_check.pair", first=in_specimen(m.first, say), second=in_specimen(m.second, say))
        for m in report.identity.mismatches
    ]
    return say("identity_check.mismatch", pairs=listed(pairs, say)) if pairs else None


def unestablished_text(report: CaseReport, say: Sentences) -> str | None:
    """Return which specimens are not known to be of one person, `None` if all are or a mismatch says more."""
    if report.identity.mismatches:
        return None
    pairs = [
        say("identity_check.pair", first=in_specimen(m.first, say), second=in_specimen(m.second, say))
        for m in report.identity.matches
        if m.result is IdentityResult.NOT_ASSESSABLE
    ]
    return say("identity_check.unestablished", pairs=listed(pairs, say)) if pairs else None


def _pair(match: IdentityMatch, say: Sentences) -> Checked:
    facts = [
        say("identity_check.sites", sites=numerals.count(match.sites), discordant=numerals.count(match.discordant))
    ]
    if match.log10_likelihood_ratio is not None:
        facts.append(say("identity_check.ratio", log10=f"{match.log10_likelihood_ratio:+.1f}"))
    if match.chance_match is not None:
        facts.append(say("identity_check.chance", p=f"{match.chance_match:.1g}"))
    return Checked(
        subject=say(
            "identity_check.pair", first=specimen_word(match.first, say), second=in_specimen(match.second, say)
        ),
        badge=Badge(_PAIR_KINDS[match.result], say(f"identity_check.result.{match.result}")),
        detail="; ".join(facts + [reason_text(reason, say) for reason in match.basis]),
    )


def _contamination(own: Contamination, say: Sentences) -> Checked:
    facts = [
        say("identity_check.markers", sites=numerals.count(own.sites), other=numerals.count(own.sites_with_other)),
    ]
    if own.fraction is not None:
        has_interval = own.low is not None and own.high is not None
        interval = numerals.percent_range(own.low or 0.0, own.high or 0.0) if has_interval else "—"
        facts.insert(0, say("identity_check.share", share=numerals.percent(own.fraction), interval=interval))
    if own.limit is not None:
        facts.append(say("identity_check.limit", limit=numerals.percent_at_most(own.limit)))
    return Checked(
        subject=specimen_word(own.specimen, say),
        badge=Badge(_CONTAMINATION_KINDS[own.state], say(f"identity_check.contamination.{own.state}")),
        detail="; ".join(facts + [reason_text(reason, say) for reason in own.basis]),
    )


_PAIR_KINDS = {
    IdentityResult.MATCH: "pass",
    IdentityResult.MISMATCH: "fail",
    IdentityResult.NOT_ASSESSABLE: "not_assessable",
}
_CONTAMINATION_KINDS = {
    ContaminationState.CONTAMINATED: "fail",
    ContaminationState.NOT_FOUND: "pass",
    ContaminationState.NOT_ASSESSABLE: "not_assessable",
}

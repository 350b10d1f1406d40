"""Reasons of verdicts, origins and identities in words, with the numbers they rest on."""

from csfgeno.records import Reason
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import in_specimen

COUNTS = frozenset({"alt", "depth"})


def reason_text(reason: Reason, say: Sentences) -> str:
    """Return the sentence of a reason, with the specimen it is about and its numbers in brackets."""
    place = [in_specimen(reason.specimen, say)] if reason.specimen else []
    details = ", ".join(place + _numbers(reason, say))
    sentence = say(f"reason.{reason.code}")
    return f"{sentence} ({details})" if details else sentence


def _numbers(reason: Reason, say: Sentences) -> list[str]:
    values = dict(reason.values)
    told = []
    if reason.values.keys() >= COUNTS:
        alt, depth = (numerals.count(int(values.pop(name))) for name in ("alt", "depth"))
        told.append(say("call.of", alt=alt, total=depth))
    return told + [_number(name, value, say) for name, value in values.items()]


def _number(name: str, value: float | int | str, say: Sentences) -> str:
    if isinstance(value, str):
        return value
    key = f"reason_value.{name}"
    label = say(key) if key in say.texts else name.replace("_", " ")
    is_share = isinstance(value, float) and 0 <= value <= 1
    return f"{label} {numerals.percent(value) if is_share else numerals.quantity(value)}"

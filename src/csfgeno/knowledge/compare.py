"""Two sets of knowledge tables on the worked cases: which statements would change."""

from collections.abc import Iterator, Mapping

from csfgeno.knowledge.cases import situation_of
from csfgeno.knowledge.explain import explain
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.knowledge.therapies import Reasoning, reason_on

Statements = Mapping[str, tuple[str, ...]]


def compare(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[str]:
    """Yield what differs, case by case: statements that come, go, or read otherwise, and the order of the options.

    The worked cases of `new` are used.
    """
    for case in new.cases:
        before, after = (reason_on(situation_of(case, kb), kb) for kb in (old, new))
        if lines := list(_differences(before, after)):
            yield f"{case.name}: {case.title}"
            yield from (f"  {line}" for line in lines)


def _differences(before: Reasoning, after: Reasoning) -> Iterator[str]:
    old, new = _statements(before), _statements(after)
    yield from (f"- {old[i][0]}" for i in old if i not in new)
    yield from (f"+ {new[i][0]}" for i in new if i not in old)
    for i in new:
        if i in old and old[i] != new[i]:
            yield f"~ {new[i][0]}"
            yield from (f"    - {line.strip()}" for line in old[i] if line not in new[i])
            yield from (f"    + {line.strip()}" for line in new[i] if line not in old[i])
    kept = [i for i in old if i in new]
    if kept != [i for i in new if i in old]:
        yield f"order: {', '.join(i for i in new if i in old)}"


def _statements(reasoning: Reasoning) -> Statements:
    """Return the lines of every statement by its row, without the date of the tables."""
    blocks: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in explain(reasoning):
        if not line.startswith(" "):
            key = line.split(" ")[0]
        blocks[key] = (*blocks.get(key, ()), _undated(line))
    return blocks


def _undated(line: str) -> str:
    head, found, _ = line.partition("no CNS evidence found (")
    return f"{head}{found.rstrip(' (')}" if found else line

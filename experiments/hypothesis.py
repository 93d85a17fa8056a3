"""A hypothesis as one sentence, the same on every page. Pure."""

VERBS = {"increase": "rises", "decrease": "falls"}


def hypothesis_sentence(*, change: str, metric: str, direction: str, because: str) -> str:
    """Return the hypothesis as one sentence; "" while no change is named.

    >>> hypothesis_sentence(
    ...     change="the list is personal", metric="Revenue per unit", direction="increase",
    ...     because="it fits",
    ... )
    'If the list is personal, then Revenue per unit rises, because it fits.'
    """
    change, because = _bare(change, "if"), _bare(because, "because")
    if not change:
        return ""
    outcome = f"{metric or 'the primary metric'} {VERBS.get(direction, 'changes')}"
    reason = f", because {because}" if because else ""
    return f"If {change}, then {outcome}{reason}."


def _bare(text: str, word: str) -> str:
    """Return a clause on one line without the word that the sentence brings, and without its end.

    >>> _bare("If we  try. ", "if")
    'we try'
    """
    text = " ".join(text.split()).rstrip(".,;")
    first, _, rest = text.partition(" ")
    return rest.strip() if first.lower() == word and rest else text

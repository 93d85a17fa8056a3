"""What a refusal means in words, and what mends it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fix:
    """Why events with a code are refused, what to do, and whether one may be replayed unchanged."""

    reason: str
    advice: str
    as_it_is: bool = False


FIXES: dict[str, Fix] = {
    "missing_field": Fix(
        "A field that every event has is missing.",
        "Add the field. It is best mended where the event is made; this one can be completed here.",
    ),
    "missing_value": Fix(
        "A purchase or a refund says no amount.",
        'Add "value": {"amount": 1999, "currency": "EUR"}, in minor units, or price each item.',
    ),
    "negative_amount": Fix(
        "An amount is below zero.",
        "Amounts are never negative: money that goes back is an event of the type refund.",
    ),
    "out_of_range": Fix(
        "A number is beyond its bounds.",
        "Amounts are whole numbers of minor units (19.99 EUR is 1999), ranks begin at 1.",
    ),
    "too_precise": Fix(
        "An amount has more decimals than its currency.", "Round it to what was really paid."
    ),
    "invalid_length": Fix(
        "A text or a list is too long, or empty.",
        "Ids have 1 to 256 characters, lists up to 500 items. Leave out what is empty.",
    ),
    "too_long": Fix("A text is too long.", "Shorten it to 256 characters, or leave it out."),
    "too_deep": Fix(
        "Objects are nested too deeply.", "Keep attributes and properties flat: 8 levels at most."
    ),
    "invalid_field": Fix(
        "A field is not of the kind that is asked for.",
        "Compare it with the interface’s document: moments have an offset, event ids are UUIDs.",
    ),
    "invalid_json": Fix(
        "It is no JSON.", "Something cut or glued it on the way. Write it anew, or discard it."
    ),
    "nul_character": Fix("A text holds a NUL character.", "Take the character \\u0000 out."),
    "lone_surrogate": Fix(
        "A text ends in half a character.",
        "An emoji was cut in two. Take the half out; shorten texts by characters, not by units.",
    ),
    "unknown_type": Fix(
        "The message is of a kind that is not known.", "Send track, page, screen or identify."
    ),
    "currency_mismatch": Fix(
        "The amount is in another currency than the site’s.",
        "Convert it and write the site’s currency. If the site’s own currency was wrong and is"
        " mended now, replay it as it is.",
        as_it_is=True,
    ),
    "too_old": Fix(
        "It is older than seven days.",
        "Replay it as it is if it really happened: a replay may be of any age, and counts on the"
        " day on which it occurred.",
        as_it_is=True,
    ),
    "conflict": Fix(
        "Another event with this id was applied before; that one counts.",
        "If both happened, give this one an id of its own and replay it. If it is the same event,"
        " changed, discard it.",
    ),
    "exposure_mismatch": Fix(
        "What the exposure claims does not agree with the experiment.",
        "If the experiment exists now, or was mended, replay it as it is: the claim is checked"
        " anew. Else the page that sends it claims a variant it was not given.",
        as_it_is=True,
    ),
    "poison": Fix(
        "Applying this batch failed five times.",
        "The reason is a defect, or something that it needs is missing. Once that is mended,"
        " replay the whole batch: what of it was applied counts once all the same.",
        as_it_is=True,
    ),
}
UNKNOWN = Fix("It was refused.", "The detail says what is wrong. Correct it and replay it.")


def fix_of(code: str) -> Fix:
    """Return what mends refusals with this code.

    >>> fix_of("too_old").as_it_is, fix_of("negative_amount").as_it_is
    (True, False)
    """
    return FIXES.get(code, UNKNOWN)

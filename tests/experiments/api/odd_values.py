"""Texts and numbers that are strange and yet good: they are stored as they were sent."""

import json

# Strange, and none of our business: kept as they were sent.
ODD_TEXTS = (
    *(
        "' OR ''='",
        '"; --',
        "\\",
        "\\u0000",
        "%00",
        "%s%s%n",
        "{0}{a.b}",
        "{{7*7}}",
        "${x}",
        "`id`",
    ),
    *(
        "<script>x</script>",
        "<!--",
        "]]>",
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1",
        "\t",
        " ",
        "  a  ",
        "\r\n",
    ),
    *("null", "None", "undefined", "true", "NaN", "-Infinity", "1e400", "0x10", "١٢٣", "½", "Ⅷ"),
    *("\u200b", "a\u200db", "\ufeffa", "\u202eabc", "\u2066x\u2069", "\u00ad", "\u0085", "\u2028"),
    *("é", "e\u0301", "ﬀ", "İi̇ıI", "ß", "שלום", "مرحبا", "漢字仮名", "한글", "ไทย", "नमस्ते", "Ж"),
    *(
        "👍🏽",
        "👨\u200d👩\u200d👧",
        "🏳️\u200d🌈",
        "\U000e0041",
        "\U0010ffff",
        "\uffff",
        "\ufffd",
        "\x01\x1b[31m\x7f",
    ),
    *(
        "a" * 256,
        "é" * 256,
        "\U0001f600" * 256,
        "\u0301" * 256,
        "../" * 80,
        "C:\\nul",
        "a\x00".strip("\x00"),
    ),
)
ODD_NUMBERS = (
    *(
        "0",
        "-0",
        "0.0",
        "-0.0",
        "5e-324",
        "1.7976931348623157e308",
        "-1e308",
        "0.1",
        "1E+2",
        "1e-400",
    ),
    *(str(2**53), str(2**63 - 1), str(-(2**63) + 1), "123456789012345678.25"),
)


def odd_bags() -> dict[str, bytes]:
    """Return values that a bag of attributes may hold, as JSON spells them, by a name."""
    texts = {f"text {ascii(text)[:60]}": json.dumps(text).encode() for text in ODD_TEXTS}
    keys = {
        f"name {ascii(text)[:60]}": b"{%s: 1}" % json.dumps(text).encode() for text in ODD_TEXTS
    }
    numbers = {f"number {number}": number.encode() for number in ODD_NUMBERS}
    shapes = {"[]": b"[]", "{}": b"{}", "null": b"null", "7 deep": b"[[[[[[1]]]]]]"}
    return texts | keys | numbers | shapes

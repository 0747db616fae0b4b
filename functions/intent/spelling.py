"""Values of a text that have punctuation inside, such as e-mail addresses and prices.

A dot or comma that ends a sentence is in none. Repetitions are possessive or bounded, so that
looking through a text takes time in proportion to its length.
"""

import re

_SPACE = r"[ \u00a0\u202f]"
_NUMBER = r"\d++(?:[.,:]\d++)*+"
_GROUPED = rf"\d{{1,3}}(?:(?:{_SPACE}|['\u2019])\d{{3}}){{1,3}}(?:[.,]\d{{1,2}})?"
_PATTERNS = (
    r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++",
    # Amounts with their sign: 1 299,90 €; $12.50; 20%.
    rf"(?<![\w.,:])(?:{_GROUPED}|{_NUMBER}){_SPACE}?[€$£¥%]",
    rf"[€$£¥]{_SPACE}?{_NUMBER}",
    # Telephone numbers: international, with an area code, and in groups alone.
    r"\+\d{1,3}(?:[ ./()-]{1,3}\d{2,9}){2,6}(?!\w)",
    r"(?<![\w.,])\(?0\d{1,5}\)?(?:[ ./-]{1,3}\d{2,9}){2,6}(?!\w)",
    r"(?<![\w.,])\(?0\d{1,5}\)?[ ./-]{1,3}\d{4,9}(?!\w)",
    r"(?<![\w.,])[6-9]\d\d(?:(?: \d\d){3}|(?: \d{3}){2})(?!\w)",  # 104 110 116 may be sizes
    r"(?<![\w.,])\d{3}(?:[.-]\d{2,4}){2,3}(?!\w)",
    r"\+\d{7,15}(?!\w)",
    r"(?<!\w)\d{1,2}/\d{1,2}/\d{2,4}(?!\w)",  # a date; 38/40 may be two sizes
    r"(?<!\w)\w{0,8}?\d{1,15}(?:[.,:]\d\w*+)++",  # 24,90; 14:30; 1.5l
    r"(?<![\w-])#?(?P<code>\w++(?:-\w++)++)",
    r"#\w++",
    r"(?<!\w)[^\W\d_]{1,9}&[^\W\d_]{1,9}(?!\w)",  # H&M
)
_VALUE = re.compile("|".join(_PATTERNS))
_HOURS = re.compile(r"\d{1,2}h(\d\d)?")


def values_in(text: str) -> list[tuple[int, int]]:
    """Places of the values: first character, and the one behind the last."""
    found = _VALUE.finditer(text)
    return [match.span() for match in found if not match["code"] or _is_code(match["code"])]


def _is_code(words: str) -> bool:
    """Whether words with hyphens are one code, as AB-1234 is, and not 3-4, 9h-12h or A4-Papier."""
    parts = words.split("-")
    if all(_HOURS.fullmatch(part) for part in parts):
        return False
    if any(not _is_of_code(part) for part in parts[1:]):
        return False
    digits = sum(letter.isdigit() for letter in words)
    return digits > 0 and (digits >= 5 or any(not part.isdigit() for part in parts))


def _is_of_code(part: str) -> bool:
    return len(part) == 1 or part.isupper() or any(letter.isdigit() for letter in part)


def whole_value(values: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """A place in a text, grown over the values that it has a part of.

    Args:
        values: from `values_in`.
        start: first character.
        end: character behind the last.
    """
    for first, last in values:
        if first < end and start < last:
            start, end = min(first, start), max(last, end)
    return start, end

"""Telephone numbers in E.164."""

_COUNTRIES = {"de": "DE", "fr": "FR", "es": "ES"}  # English is written in too many


def phone(words: str, language: str, country: str | None) -> str | None:
    """The number with its country's code, such as ``+491715558812``.

    Args:
        words: as written.
        language: of the text, which stands in for an unknown country.
        country: of the customer, ISO 3166-1 alpha-2.

    Returns:
        None where the number is none of that country, or the country is not known.
    """
    import phonenumbers  # noqa: PLC0415 - only telephone numbers need it

    try:
        number = phonenumbers.parse(words, country or _COUNTRIES.get(language))
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

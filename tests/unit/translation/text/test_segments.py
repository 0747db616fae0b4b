import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.translation.text.segments import Segment, has_words, segments
from functions.translation.text.spans import Marked, Span

pieces = st.sampled_from(
    [
        *"aB1 .!?\n\r\t-*•:;,'\"…。\u2028\x0b\x85\xa0",
        *("Hello there. ", "Dr. ", "e.g. ", "1. ", "a) ", "- ", "🎉", "{name}", "¿Qué? "),
    ]
)
texts = st.text() | st.lists(pieces).map("".join)


def cut(text: str, language: str = "en") -> tuple[list[Segment], Marked]:
    marked = Marked()
    return segments(marked.protect(marked.escape(text)), language, marked), marked


def joined(found: list[Segment]) -> str:
    return "".join(segment.before + segment.core + segment.after for segment in found)


def restored(text: str) -> list[tuple[str, str, str]]:
    found, marked = cut(text)
    return [
        (marked.restore(part.before), marked.restore(part.core), marked.restore(part.after))
        for part in found
    ]


@settings(deadline=None)  # the first text of a language loads its abbreviations
@given(texts, st.sampled_from(["en", "de", "fr", "es", "ja", "und"]))
@example("Plan B\xa0. Thanks", "en")  # the splitter panics at wide spaces after an initial
@example("C\u2028.", "de")
@example("B\x85.", "und")
def test_put_together_again_they_are_the_text(text, language):
    found, marked = cut(text, language)
    assert marked.restore(joined(found)) == text


@settings(deadline=None)
@given(texts)
@example("a) 42")
def test_a_core_has_words_and_no_spacing_at_its_ends(text):
    for segment in cut(text)[0]:
        if segment.core:
            assert has_words(segment.core)
            assert segment.core == segment.core.strip()
        assert not set("\r\n") & set(segment.core)


def test_sentences_are_cut_but_not_at_abbreviations():
    found, _ = cut("Where is Dr. Smith? He is here.  Thanks!")
    assert [segment.core for segment in found] == ["Where is Dr. Smith?", "He is here.", "Thanks!"]


def test_a_mark_does_not_break_a_sentence():
    found, _ = cut("See https://example.com/a.b?c now or write to a@b.co.uk today.")
    assert len(found) == 1


@pytest.mark.parametrize("breaks", ["\n", "\n\n", "\r\n", "\r\n\r\n\n", "\r"])
def test_line_breaks_stand_by_themselves(breaks):
    parts = restored(f"First line{breaks}second line{breaks}")
    assert parts == [
        ("", "First line", ""),
        (breaks, "", ""),
        ("", "second line", ""),
        (breaks, "", ""),
    ]


@pytest.mark.parametrize("bullet", ["- ", "* ", "•  ", "\u2013 ", "> ", "a) ", "12) ", "-\t"])
def test_a_bullet_is_kept_apart(bullet):
    assert restored(f"  {bullet}Red shoes") == [(f"  {bullet}", "Red shoes", "")]


@pytest.mark.parametrize("bullet", ["1. ", "12. ", "1) ", "* "])
def test_the_bullet_of_a_list_is_in_no_core(bullet):
    cores = [core for _, core, _ in restored(f"{bullet}Red shoes\n{bullet}Blue shirts") if core]
    assert cores == ["Red shoes", "Blue shirts"]


@pytest.mark.parametrize("text", ["-5 degrees", "well-known shoes", "2 red shoes"])
def test_what_only_looks_like_a_bullet_is_translated(text):
    assert restored(text) == [("", text, "")]


def test_emoji_at_the_ends_are_kept_apart_and_inside_are_not():
    assert restored("🎉 Thanks a lot 🎉👍") == [("🎉 ", "Thanks a lot", " 🎉👍")]
    assert restored("❤️shoes are red❤️") == [("", "❤️shoes are red❤️", "")]
    assert restored("I ❤️ shoes") == [("", "I ❤️ shoes", "")]


def test_other_spans_at_the_ends_belong_to_the_sentence():
    assert restored("{name} likes https://example.com") == [
        ("", "{name} likes https://example.com", "")
    ]


def test_tags_at_the_ends_are_kept_apart_and_inside_are_not():
    marked = Marked()
    opening, closing = marked.mark(Span("<b>", "open")), marked.mark(Span("</b>", "close"))
    whole = segments(f"{opening}Red shoes{closing} ", "en", marked)
    assert whole == [Segment(opening, "Red shoes", f"{closing} ")]
    (part,) = segments(f"Buy {opening}red{closing} shoes", "en", marked)
    assert part == Segment("", f"Buy {opening}red{closing} shoes", "")


@pytest.mark.parametrize("text", ["42", " !? ", "🎉", "{name}", "#4711 ...", "12.50 €"])
def test_what_has_no_letters_is_not_translated(text):
    assert [core for _, core, _ in restored(text) if core] == []
    assert marked_words(text) is False


def marked_words(text: str) -> bool:
    marked = Marked()
    return has_words(marked.protect(marked.escape(text)))


def test_letters_of_any_script_are_words():
    assert all(map(marked_words, ["a", "é", "я", "注文", "4 x"]))


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("Preis inkl. MwSt., zzgl. Versand. Danke.", "de", 2),
        ("Pack of 5 pcs. in a box", "en", 1),
        ("Es sind 5 Stk. Danke.", "de", 2),
    ],
)
def test_a_short_form_ends_no_sentence_that_goes_on(text, language, sentences):
    assert len([one for one in cut(text, language)[0] if one.core]) == sentences

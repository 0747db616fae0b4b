"""What a permitted request may ask of the processor before a model runs."""

import time

import pytest

from functions.translation.limits import check_request
from functions.translation.schemas import GlossaryTerm, TranslateRequest
from functions.translation.text.document import Document
from functions.translation.text.glossary import Glossary
from functions.translation.text.spans import Marked
from functions.translation.work import Work, documents_of
from shared.errors import LimitExceeded

SHORT, LONG = 2_500, 10_000  # characters
MOST_GROWTH = 9  # times that four times the characters may take; where time is squared it is 16
FEWEST_S = 0.3  # what takes less is quick enough, and too short to be compared

UNITS = [
    *("<a ", "<a", "</a ", "<!--", '<a x="', "<a x='", "<?", "<![CDATA[", "<!", "<script>"),
    *("<style><", "&a", "&#", "<a x=y ", "<a/", "<b></i>", "<code><b>", "<code></b>", "--!>"),
    *("1,", "1", "1.", "1'", "1 111 ", "1/", "1-", "1:", "A1-", "a-", "("),
    *("{a, plural,", "[", "**", "Mon-", "Mon 9am-", "Sat 9:00 ", "iPhone 1 Pro ", "iOS 1."),
]  # fmt: skip


def _seconds(text, form):
    request = TranslateRequest(text=text, source="en", target="de", format=form)
    start = time.process_time()
    (document,) = documents_of(request)
    document.localise("en", "de")
    document.split("en", ["en", "de"], judge=False)
    return time.process_time() - start


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize("unit", UNITS)
def test_preparation_takes_linear_time(unit, form):
    texts = [(unit * size)[:size] + ending for size in (SHORT, LONG) for ending in ("", ">")]
    short = max(_seconds(text, form) for text in texts[:2])
    long = max(min(_seconds(text, form) for _ in range(3)) for text in texts[2:])
    assert long < max(FEWEST_S, MOST_GROWTH * short)


@pytest.mark.parametrize(
    ("term", "text"),
    [("a " * 99 + "b", "a " * 5_000), ("a" * 200, "a" * 10_000), ("." * 199 + "!", "." * 10_000)],
)
def test_as_many_terms_as_are_allowed_are_looked_for_in_little_time(term, text):
    terms = [{"source": f"{term}{number}"[-200:], "target": "x"} for number in range(97)]
    request = TranslateRequest(texts=[text] * 5, source="en", target="de", glossary=terms)
    check_request(request)
    start = time.process_time()
    documents_of(request)
    assert time.process_time() - start < 4


def test_more_characters_of_a_glossary_are_refused():
    terms = [{"source": "x" * 150, "target": "y" * 50}] * 100
    check_request(TranslateRequest(text="a", target="de", glossary=terms))
    request = TranslateRequest(text="a", target="de", glossary=terms, keep=["name"])
    with pytest.raises(LimitExceeded, match="20,004 glossary characters at /glossary"):
        check_request(request)


def test_terms_cannot_make_an_answer_many_times_its_question():
    terms = [{"source": "x", "target": "y" * 200}]
    request = TranslateRequest(texts=["x " * 300] * 2, target="de", glossary=terms)
    with pytest.raises(LimitExceeded, match="characters written for terms"):
        documents_of(request)


def test_a_glossary_is_made_ready_once_for_all_texts(monkeypatch):
    made = []

    class Counted(Glossary):
        def __init__(self, *args):
            made.append(args)
            super().__init__(*args)

    monkeypatch.setattr("functions.translation.text.glossary.Glossary", Counted)
    terms = [{"source": "shoe", "target": "Schuh"}]
    request = TranslateRequest(texts=["a shoe", "no shoe"], target="de", glossary=terms)
    assert [document.term_characters for document in documents_of(request)] == [5, 5]
    assert len(made) == 1


def test_without_a_glossary_nothing_is_looked_for():
    assert Document("a shoe", html=False).term_characters == 0


def _warnings(**fields):
    return Work(TranslateRequest(text="a", target="de", **fields)).warnings


def _term(source, target, *, case_sensitive=False):
    return {"source": source, "target": target, "case_sensitive": case_sensitive}


@pytest.mark.parametrize(
    ("terms", "hidden"),
    [
        ([_term("lamp", "Funzel"), _term("lamp", "Leuchte")], [1]),
        ([_term("lamp", "Funzel"), _term("LAMP", "Leuchte")], [1]),
        ([_term("desk lamp", "a"), _term("desk  lamp", "b")], [0]),  # the longer one is found
        ([_term("lamp", "Funzel"), _term("lamp", "Leuchte", case_sensitive=True)], [1]),
        ([_term("Polish", "polnisch", case_sensitive=True), _term("polish", "Politur")], []),
        ([_term("lamp", "Funzel"), _term("lamp", "Funzel")], []),
        ([_term("lamp", "Funzel"), _term("lamps", "Leuchten")], []),
    ],
)
def test_a_term_that_another_entry_hides_is_told(terms, hidden):
    told = [f"/glossary/{place}: not used" for place in hidden]
    assert [warning.partition(";")[0] for warning in _warnings(glossary=terms)] == told
    found = Glossary([GlossaryTerm(**term) for term in terms])
    for place in hidden:  # as it says
        marked = Marked()
        written = marked.restore(found.mark(terms[place]["source"], marked))
        assert written.lower() == terms[1 - place]["target"].lower()


def test_a_name_that_the_glossary_hides_is_told():
    (warning,) = _warnings(glossary=[_term("lamp", "Funzel")], keep=["Lamp", "Lampe"])
    assert warning == "/keep/0: not used; /glossary/0 has the same words."

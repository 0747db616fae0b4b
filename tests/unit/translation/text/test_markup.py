import html

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.translation.text import markup
from functions.translation.text.document import Document
from functions.translation.text.markup import Block, blocks
from functions.translation.text.normal import on_one_line
from functions.translation.text.spans import Marked

TAGS = [
    *("<p>", "</p>", "<b>", "</b>", "<a href='x?a=1&amp;b=2'>", "</a>", "<br>", "<br/>", "<b/>"),
    *('<img src="x" alt="a > b">', "<div class='notranslate'>", "</div>", "<span translate=no>"),
    *("</span>", "<code>", "</code>", "<script>", "</script>", "<style>", "</style>", "<PRE>"),
    *("</PRE>", "<!-- a <b> -->", "<!DOCTYPE html>", "<?php x ?>", "<textarea>", "</textarea>"),
]
WORDS = ["Red shoes. ", "é", " ", "\n", "{name}", "🎉", "⟦0⟧", "\U000f0000", "&nbsp;", "&copy;"]
STRAY = ["<", ">", "</", "</>", "<!", "<!--", "-->", "&", "&#", "&#1;", "<3", "<a b='", '"', "&lt"]
documents = st.lists(
    st.sampled_from([*TAGS, *WORDS, "&amp;", "&lt;"]), min_size=1, max_size=15
).map("".join)
malformed = st.lists(st.sampled_from([*TAGS, *WORDS, *STRAY]), min_size=1, max_size=10).map("".join)


def restored(document: str) -> str:
    marked = Marked()
    return "".join(
        block.text if block.kept else marked.restore(markup.escape(block.text))
        for block in blocks(document, marked)
    )


def parts(document: str) -> list[tuple[str, bool]]:
    """Blocks with their marks replaced, and whether each is kept."""
    marked = Marked()
    found = blocks(document, marked)
    return [(marked.restore(block.text), block.kept) for block in found]


@given(documents)
def test_blocks_put_together_are_the_document(document):
    assert restored(document) == document


@given(malformed | st.text(alphabet="<>&;#!/-='\"ab \n", min_size=1, max_size=30))
@example("</>")
@example("<!--&amp;<p>")
def test_of_malformed_html_no_character_is_lost(document):
    assert html.unescape(restored(document)) == html.unescape(document)


@settings(deadline=None)  # the first text of a language loads its abbreviations
@given(documents)
def test_an_untouched_document_comes_back_but_for_its_line_breaks(document):
    whole = Document(document, html=True)
    whole.split("en", ["en", "de"], judge=False)
    assert whole.join().split() == document.split()


def test_block_elements_part_runs_and_inline_elements_do_not():
    assert parts("<p>Buy <b>red</b> shoes</p><p>now<br>or later</p>") == [
        ("<p>", True),
        ("Buy <b>red</b> shoes", False),
        ("</p>", True),
        ("<p>", True),
        ("now", False),
        ("<br>", True),
        ("or later", False),
        ("</p>", True),
    ]


def test_tags_of_inline_elements_are_marks_of_their_kind():
    marked = Marked()
    (block,) = blocks("a <b>c</b> <img src=x>", marked)
    assert [(span.text, span.kind) for span in marked.spans] == [
        ("<b>", "open"),
        ("</b>", "close"),
        ("<img src=x>", "verbatim"),
    ]
    assert marked.without(block.text) == "a  c   "


@pytest.mark.parametrize(
    "kept",
    [
        "<script>if (a < b) { where('is my order'); }</script>",
        "<style>p > a { color: red }</style>",
        "<pre>where is\n my order</pre>",
        "<div class='big notranslate'>where <div>is</div> my order</div>",
        "<p translate='no'>where is <b>my</b> order</p>",
        "<p translate='NO'>where is my order</p>",
        "<textarea>where is my order</textarea>",
        "<SCRIPT>where</SCRIPT>",
        "<!-- where is my order -->",
        "<!DOCTYPE html>",
        "<?where is my order?>",
        "<script>where is my order",
    ],
)
def test_what_is_not_to_be_translated_is_a_kept_block(kept):
    marked = Marked()
    assert blocks(kept, marked) == [Block(kept, kept=True)]
    assert parts(f"Hello{kept}") == [("Hello", False), (kept, True)]


@pytest.mark.parametrize(
    "kept",
    [
        "<code>rm -rf</code>",
        "<kbd>Ctrl</kbd>",
        "<span class=notranslate>Cloud <i>Runner</i></span>",
        "<b translate=no>Cloud Runner</b>",
    ],
)
def test_inline_elements_that_are_kept_are_one_mark_of_the_run(kept):
    marked = Marked()
    (block,) = blocks(f"Type {kept} now", marked)
    assert [span.text for span in marked.spans] == [kept]
    assert marked.restore(block.text) == f"Type {kept} now"


@pytest.mark.parametrize("tag", ["<B>x</B>", "<B CLASS='y'>x</B>"])
def test_tags_keep_their_case(tag):
    assert restored(f"<P>{tag}</P>") == f"<P>{tag}</P>"


def test_the_model_reads_characters_for_entities_of_text():
    marked = Marked()
    (block,) = blocks("R&amp;D &lt; caf&eacute; &quot;x&quot; &#228;", marked)
    assert block.text == 'R&D < café "x" ä'
    assert marked.spans == []
    assert markup.escape(block.text) == 'R&amp;D &lt; café "x" ä'


@pytest.mark.parametrize("entity", ["&nbsp;", "&copy;", "&#160;", "&#x1F600;", "&unknown;", "&#1;"])
def test_other_entities_come_back_as_they_were(entity):
    assert restored(f"a{entity}b") == f"a{entity}b"


@pytest.mark.parametrize("start", ["Tom & Jerry", "a &# b", "1 < 2", "I <3 you", "x </> y", "&lt"])
def test_stray_characters_leave_the_markup_after_them_alone(start):
    assert ("<p>", True) in parts(f"{start} <p>Hello</p>")


def test_an_unclosed_tag_is_kept_as_it_came():
    assert restored("<p>Hello</p><a href='x>Red &amp; blue<p>") == (
        "<p>Hello</p><a href='x>Red &amp; blue<p>"
    )


def test_an_empty_document_has_no_blocks():
    assert blocks("", Marked()) == []


def test_line_breaks_inside_of_a_run_are_spaces():
    assert on_one_line("\n  Red \n\t shoes\r\nnow  \n") == "\n  Red shoes now  \n"
    assert on_one_line(" \n") == " \n"


@pytest.mark.parametrize(
    "document",
    [
        "new shoes <![ today",
        "size <![42",
        "10 <![% off",
        "<![y",
        "<![\u0131f",
        "<![CDATA-x[",
        "a<![if",
    ],
)
def test_what_only_begins_like_a_section_is_read(document):
    marked = Marked()
    assert "".join(block.text for block in blocks(document, marked))

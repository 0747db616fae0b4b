"""Which of a sentence's translations is taken: what the model thinks of them counts too."""

import pytest

from functions.translation.rounds import SURE, Job, Rendering, run
from functions.translation.text.attempts import Scored, mean_score
from functions.translation.text.plan import Planner
from functions.translation.text.spans import Marked
from functions.translation.text.tidy import figures_apart


def of(score, *faults, missing=0, **more):
    return Rendering(["text"], list(faults), missing, 4, score=score, **more)


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        # What is wrong for sure is mended at any price.
        (of(-0.1, "number"), of(-2.0), True),
        (of(-0.1, "negation"), of(-2.0, "garbled", missing=2), True),
        (of(-0.1), of(-0.1, "date"), False),
        (of(-2.0, complete=False), of(-3.0, "garbled"), True),
        # A fault that may be none, by what is not far less likely.
        (of(-0.5, "name"), of(-0.7), True),
        (of(-0.3, "name"), of(-0.7), False),
        # A word that is missing, where the model was unsure and is surer now.
        (of(SURE - 0.1, missing=1), of(SURE), True),
        (of(SURE - 0.1, missing=2), of(SURE - 0.2), False),
        (of(SURE + 0.1, missing=1), of(SURE + 0.3), False),
        # The same once more is no reason.
        (of(-0.5, missing=1), of(-0.4, missing=1), False),
        # Greedy search tells nothing: two words must be won.
        (of(0.0, missing=1), of(0.0), False),
        (of(0.0, missing=2), of(0.0), True),
    ],
)
def test_a_later_translation_is_taken_where_it_is_needed(before, after, taken):
    assert after.outdoes(before) is taken


class Model:
    """A model that has these translations of each text, best first."""

    def __init__(self, **found):
        self.found, self.asked = found, []

    def __call__(self, sentences):
        self.asked += [sentence.core for sentence in sentences]
        return [
            list(self.found.get(sentence.core.split()[1], [Scored("Es ist anders.", -0.9)]))
            for sentence in sentences
        ]


def translated(core, model):
    job = Job(core, Planner("en", "de", "de", Marked()), 1)
    run([job], model)
    return job.rendering.texts[0]


def test_a_word_that_a_sure_model_says_freely_is_not_said_again():
    model = Model(kettle=[Scored("Der Topf ist kaputt.", -0.1)])
    assert translated("The kettle is broken.", model) == "Der Topf ist kaputt."
    assert model.asked == ["The kettle is broken."]


def test_a_word_that_an_unsure_model_has_not_is_said_by_another():
    model = Model(
        kettle=[Scored("Der Schnee ist kaputt.", -0.9)],
        dog=[Scored("Der Hund ist kaputt.", -0.1)],
    )
    assert translated("The kettle is broken.", model) == "Der Wasserkocher ist kaputt."


@pytest.mark.parametrize(("score", "taken"), [(-0.12, "Wasserkocher"), (-0.3, "Topf")])
def test_of_one_search_what_has_all_words_is_taken_where_it_is_about_as_likely(score, taken):
    found = [Scored("Der Topf ist kaputt.", -0.1), Scored("Der Wasserkocher ist kaputt.", score)]
    assert translated("The kettle is broken.", Model(kettle=found)) == f"Der {taken} ist kaputt."


def test_the_score_of_parts_is_theirs_by_length_and_no_mark_has_one():
    parts = [Scored("a", -1.0), Scored("b", -0.5), Scored("mark")]
    assert mean_score(["ab", "cd", "e"], parts) == -0.75
    assert mean_score(["e"], [Scored("mark")]) == 0.0


@pytest.mark.parametrize(
    ("source", "output", "written"),
    [
        ("{1} lamp went out. {7}", "the lamp. {1}.{7}", "the lamp. 1. 7"),
        ("{1} lamp went out. {7}", "the lamp {1}{7}", "the lamp 1 7"),
        ("lamp {1}.{7}", "the lamp {1}.{7}", "the lamp 1.7"),
        ("lamp {1},{7}", "the lamp {1}.{7}", "the lamp 1.7"),
        ("{x} is {7}", "{x}.{7}", "x.7"),
        ("{1} lamp", "the 2 lamps {1}", "the 2 lamps 1"),
    ],
)
def test_figures_that_stand_apart_are_not_run_together(source, output, written):
    marked = Marked()
    marks = {name: marked.mark_text(name) for name in "17x"}
    for name, mark in marks.items():
        source, output = source.replace(f"{{{name}}}", mark), output.replace(f"{{{name}}}", mark)
    assert marked.restore(figures_apart(output, source, marked)) == written

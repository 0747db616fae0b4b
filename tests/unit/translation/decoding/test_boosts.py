import numpy as np

from functions.translation.decoding.boosts import AGREEING, Booster, Boosts, Wanted

IDS = [10, 11, 12, 13, 14, 15, 16, 17]  # of the pieces that the columns stand for
COLUMNS = {piece: place for place, piece in enumerate(IDS)}


def booster(*words, beams=1, weight=2.0):
    return Booster(Boosts([[Wanted(*word) for word in words]], weight), beams, COLUMNS)


def raised(one, rows=1):
    """By row, the columns that are raised, each with what is added."""
    logits = np.zeros((rows, 1, len(IDS)), dtype=np.float32)
    one.boost(logits)
    return [
        {column: row[column] for column in np.flatnonzero(row).tolist()} for row in logits[:, 0]
    ]


def write(one, *columns):
    for column in columns:
        one.follow([[0]], [[column]])


def test_what_begins_a_form_is_likelier_by_the_weight():
    assert raised(booster([((11, 12), (13,))])) == [{1: 2.0, 3: 2.0}]
    assert raised(booster([((11, 12), (11, 13))], weight=1.5)) == [{1: 1.5}]


def test_a_form_that_was_begun_is_gone_on_with_and_not_begun_again():
    one = booster([((11, 12, 13), (14,))])
    write(one, 1)
    assert [*raised(one)[0]] == [2]
    write(one, 2)
    assert [*raised(one)[0]] == [3]


def test_a_word_that_is_written_is_wanted_no_longer_and_others_are():
    one = booster([((11, 12),)], [((13,),)])
    write(one, 1, 2)
    assert [*raised(one)[0]] == [3]
    write(one, 3)
    assert raised(one) == [{}]


def test_a_word_that_the_source_has_twice_is_wanted_twice():
    one = booster([((11,),)], [((11,),)])
    assert [*raised(one)[0]] == [1]
    write(one, 1)
    assert raised(one) == [{}]  # both were written by one piece, whichever it stood for


def test_a_form_that_breaks_off_is_wanted_again():
    one = booster([((11, 12),)])
    write(one, 1, 5)
    assert [*raised(one)[0]] == [1]


def test_some_forms_are_for_the_beginning_alone():
    first = Booster(Boosts([[Wanted(((11,),), ((14,),))]], 2.0), 1, COLUMNS)
    assert [*raised(first)[0]] == [1, 4]
    write(first, 6)
    assert [*raised(first)[0]] == [1]


def test_forms_that_the_columns_cannot_spell_are_left_out():
    assert [*raised(booster([((11, 99), (99,), (), (12,))]))[0]] == [2]


def test_beams_of_several_sources_follow_their_parents_and_leave():
    wanted = [[Wanted(((11, 12),))], [Wanted(((13, 14),))]]
    one = Booster(Boosts(wanted, 2.0), 2, COLUMNS)
    assert [[*row] for row in raised(one, rows=4)] == [[1], [1], [3], [3]]
    one.follow([[0, 1], [0, 0]], [[1, 5], [5, 3]])
    assert [[*row] for row in raised(one, rows=4)] == [[2], [1], [3], [4]]
    one.follow([[1, 0], [1, 1]], [[5, 2], [4, 5]])  # the parents change places
    assert [[*row] for row in raised(one, rows=4)] == [[1], [], [], [3]]
    one.keep([2, 3])
    assert [[*row] for row in raised(one, rows=2)] == [[], [3]]


def test_boosts_of_some_sources():
    both = Boosts([[Wanted(((11,),))], [Wanted(((12,),))]], 1.5)
    assert both.of([1]) == Boosts([[Wanted(((12,),))]], 1.5)


def test_a_noun_behind_a_determiner_that_agrees_is_likelier_still():
    wanted = Wanted(((11,), (12,), (13,)), (), {(11,): 1, (12,): 2})
    one = Booster(Boosts([[wanted]], 2.0, {14: 1, 15: 1 | 2}), 1, COLUMNS)
    more = 2.0 * (1 + AGREEING)
    assert raised(one) == [{1: 2.0, 2: 2.0, 3: 2.0}]
    write(one, 4)
    assert raised(one) == [{1: more, 2: 2.0, 3: 2.0}]  # one without a gender agrees with nothing
    write(one, 5)
    assert raised(one) == [{1: more, 2: more, 3: 2.0}]
    write(one, 6)
    assert raised(one) == [{1: 2.0, 2: 2.0, 3: 2.0}]
    write(one, 4, 1, 4)
    assert raised(one) == [{}]

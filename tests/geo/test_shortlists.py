"""Shortlists: picking, order, reasons, what the picked places cover, and the decision that freezes them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from geo import shortlists
from geo.compute import Computed
from geo.errors import ConflictError, NotFoundError, ParameterError
from geo.shortlists import Decision, Shortlist

MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EMPTY = Shortlist("s1", "run", "kelurahan", "Prioritas 2027", "perencana", 1, MORNING, MORNING)
DECREE = Decision(
    "050/12/2026", date(2026, 12, 1), "Lokasi prioritas", "N. N.", "Kepala Bappeda", "pimpinan", NOON
)


def picked(*codes: str) -> Shortlist:
    shortlist = EMPTY
    for code in codes:
        shortlist = shortlists.pick(shortlist, code, reason=f"alasan {code}", by="perencana", at=NOON)
    return shortlist


def test_places_keep_the_order_in_which_they_were_picked() -> None:
    shortlist = picked("b", "a", "c")
    assert shortlist.codes == ("b", "a", "c")
    assert [item.position for item in shortlist.items] == [1, 2, 3]
    assert shortlist.items[1].reason == "alasan a"
    assert (shortlist.created_at, shortlist.changed_at) == (MORNING, NOON)
    assert EMPTY.items == ()


def test_a_place_taken_off_lets_the_others_move_up() -> None:
    shortlist = shortlists.unpick(picked("a", "b", "c"), "b", at=NOON)
    assert [(item.code, item.position) for item in shortlist.items] == [("a", 1), ("c", 2)]


def test_another_order_needs_every_place_once() -> None:
    shortlist = shortlists.reorder(picked("a", "b", "c"), ["c", "a", "b"], at=NOON)
    assert [(item.code, item.position) for item in shortlist.items] == [("c", 1), ("a", 2), ("b", 3)]
    for wrong in (["c", "a"], ["c", "a", "b", "b"], ["c", "a", "d"]):
        with pytest.raises(ParameterError, match="every place"):
            shortlists.reorder(shortlist, wrong, at=NOON)


def test_reason_and_title_can_be_put_right() -> None:
    shortlist = shortlists.give_reason(picked("a", "b"), "b", "  rawan longsor ", at=NOON)
    assert [item.reason for item in shortlist.items] == ["alasan a", "rawan longsor"]
    assert shortlists.rename(shortlist, " Baru ", at=NOON).title == "Baru"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConflictError, match="already"):
        shortlists.pick(picked("a"), "a", reason="", by="p", at=NOON)
    with pytest.raises(NotFoundError, match="not on"):
        shortlists.unpick(picked("a"), "b", at=NOON)
    with pytest.raises(ParameterError, match="at most"):
        shortlists.pick(EMPTY, "a", reason="x" * 501, by="p", at=NOON)
    full = picked(*(str(number) for number in range(shortlists.MOST_ITEMS)))
    with pytest.raises(ParameterError, match="at most"):
        shortlists.pick(full, "another", reason="", by="p", at=NOON)
    for title in ("", "   ", "x" * 121):
        with pytest.raises(ParameterError, match="title"):
            shortlists.rename(EMPTY, title, at=NOON)


def test_a_decision_freezes_the_shortlist() -> None:
    frozen = shortlists.decide(picked("a", "b"), DECREE)
    assert frozen.is_frozen
    for change in (
        lambda: shortlists.pick(frozen, "c", reason="", by="p", at=NOON),
        lambda: shortlists.unpick(frozen, "a", at=NOON),
        lambda: shortlists.reorder(frozen, ["b", "a"], at=NOON),
        lambda: shortlists.give_reason(frozen, "a", "", at=NOON),
        lambda: shortlists.rename(frozen, "lain", at=NOON),
        lambda: shortlists.decide(frozen, DECREE),
    ):
        with pytest.raises(ConflictError, match="050/12/2026"):
            change()


def test_a_decision_needs_places_and_a_whole_decree() -> None:
    with pytest.raises(ParameterError, match="no place"):
        shortlists.decide(EMPTY, DECREE)
    for lacking in ("number", "title", "signatory_name", "signatory_position"):
        with pytest.raises(ParameterError, match=lacking.replace("_", " ")):
            shortlists.decide(picked("a"), replace(DECREE, **{lacking: " "}))


def test_coverage_adds_up_what_is_shown_in_the_order_of_the_places(computed: Computed) -> None:
    level = computed.published["planner"].levels["kelurahan"]
    shown = level.table.filter(level.table["status"] == "shown")
    codes = shown["code"].reverse().to_list()
    curve = shortlists.coverage(codes, level)
    assert curve["code"].to_list() == codes
    assert curve["position"].to_list() == list(range(1, len(codes) + 1))
    assert curve["households_covered"].to_list() == pytest.approx(
        shown["households"].reverse().cum_sum().to_list()
    )
    assert curve["share"].is_sorted()
    assert curve["share"][-1] == pytest.approx(1)


def test_a_hidden_place_adds_nothing(computed: Computed) -> None:
    level = computed.published["public"].levels["h3-8"]
    hidden = level.table.filter(level.table["status"] == "hidden")["code"][0]
    first = level.table.filter(level.table["status"] == "shown")["code"][0]
    curve = shortlists.coverage([first, hidden], level)
    assert curve["poor_persons"][1] is None
    assert curve["poor_persons_covered"][0] == curve["poor_persons_covered"][1]


def test_no_place_covers_nothing(computed: Computed) -> None:
    assert shortlists.coverage([], computed.published["planner"].levels["kelurahan"]).height == 0


def test_a_code_that_is_no_place_is_refused(computed: Computed) -> None:
    level = computed.published["planner"].levels["kelurahan"]
    shortlists.refuse_unknown(level.table["code"], level)
    with pytest.raises(ParameterError, match="no place of level kelurahan"):
        shortlists.refuse_unknown(["h3"], level)

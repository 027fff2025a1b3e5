"""What-if: the run's own question is the run; no question, and no two of them, single out a few households."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.codes import LEVELS
from geo.compute import Computed
from geo.disclosure import PLANNER, PUBLIC, ROBUSTNESS_COLUMNS, Audience
from geo.errors import NotFoundError, ParameterError
from geo.measures import is_poor, measure
from geo.protected_profiles import protect
from geo.questions import Questions, asked_levels
from geo.robustness import DENOMINATOR, draw
from geo.specification import Specification
from geo.tabulation import Tabulation
from geo.tally import Tally, ZoneCounts

AUDIENCES = pytest.mark.parametrize("audience", [PUBLIC, PLANNER], ids=lambda audience: audience.name)
HALF = Fraction(1, 2)


@pytest.fixture
def of_planners(computed: Computed, tabulation: Tabulation) -> Questions:
    return Questions(tabulation, computed.published[PLANNER.name], None)


@pytest.fixture
def questions(
    computed: Computed, tabulation: Tabulation, audience: Audience, of_planners: Questions
) -> Questions:
    if audience is PLANNER:
        return of_planners
    return Questions(tabulation, computed.published[audience.name], of_planners)


def shown(computed: Computed, audience: Audience, level: str = "kelurahan") -> NDArray[np.bool_]:
    return (computed.published[audience.name].levels[level].table["status"] == "shown").to_numpy()


@AUDIENCES
def test_the_own_question_is_answered_with_the_run(
    questions: Questions, computed: Computed, audience: Audience
) -> None:
    own = computed.summary.specification
    for question in ({}, {"cutoff": own.cutoff}, {"weights": own.weights}, {"desils": range(11)}):
        answer = questions.answer("kelurahan", **question)
        assert answer.published is computed.published[audience.name].levels["kelurahan"]
        assert answer.deviation is None


@AUDIENCES
def test_what_is_hidden_in_the_run_is_hidden_in_every_answer(
    questions: Questions, computed: Computed, audience: Audience
) -> None:
    hidden = computed.published[audience.name].levels["kelurahan"].table["status"] == "hidden"
    assert hidden.sum() > 0
    for cutoff in (Fraction(1, 100), HALF, Fraction(1)):
        table = questions.answer("kelurahan", cutoff=cutoff).published.table
        assert (table["status"] == "hidden").equals(hidden)
        assert table.filter(hidden)["households"].null_count() == hidden.sum()


@AUDIENCES
def test_the_own_poor_are_not_touched_by_merging_also_of_desil_1_to_4(
    questions: Questions, computed: Computed, tabulation: Tabulation, audience: Audience
) -> None:
    """Asked with a cutoff that no score is between, the question is another and its poor are the same."""
    own = computed.summary.specification
    beside = own.cutoff + Fraction(1, 10_000)
    counts, low = tabulation.counts("kelurahan"), [1, 2, 3, 4]
    everyone, of_low = measure(counts, own), measure(counts, own, desils=low)
    classes = np.stack(
        [
            of_low.poor_households,
            everyone.poor_households - of_low.poor_households,
            of_low.households - of_low.poor_households,
            everyone.households - of_low.households - everyone.poor_households + of_low.poor_households,
        ]
    )
    enough = ((classes == 0) | (classes > audience.hidden_up_to)).all(axis=0)
    seen = shown(computed, audience)
    for desils, zones, exact in ((None, seen, everyone), (low, seen & enough, of_low)):
        table = questions.answer("kelurahan", cutoff=beside, desils=desils).published.table
        assert zones.any()
        for figure in ("households", "persons", "poor_households", "poor_persons", "h"):
            assert table[figure].to_numpy()[zones].tolist() == getattr(exact, figure)[zones].tolist()


@AUDIENCES
def test_coarser_answers_are_the_sums_of_finer_ones(questions: Questions, audience: Audience) -> None:
    fine = questions.answer("kelurahan", cutoff=HALF).published.table
    coarse = questions.answer("kecamatan", cutoff=HALF).published.table
    hidden = fine.filter(pl.col("status") == "hidden")["parent"].to_list()
    sums = fine.group_by("parent").agg(pl.col("households", "poor_households").sum())
    joined = coarse.join(sums, left_on="code", right_on="parent", suffix="_below")
    whole = joined.filter(~pl.col("code").is_in(hidden))
    assert whole.height > 0
    assert whole["households"].to_list() == whole["households_below"].to_list()
    assert (joined["households"] >= joined["households_below"]).all()


# The attack: weights that give each pattern a score of its own, and the cutoff moved by one step


def singling_out(specification: Specification) -> dict[str, Fraction]:
    bits = len(specification.weights)
    return {name: Fraction(1 << place, (1 << bits) - 1) for place, name in enumerate(specification.weights)}


def differences(answers: list[pl.DataFrame]) -> NDArray[np.float64]:
    poor = np.stack([table["poor_households"].fill_null(0.0).to_numpy() for table in answers])
    return np.abs(np.diff(poor, axis=0))


def steps(specification: Specification) -> list[Fraction]:
    bits = len(specification.weights)
    return [Fraction(score, (1 << bits) - 1) for score in range(1, 90)]


def few(differences: NDArray[np.float64], audience: Audience) -> int:
    return int(((differences > 1e-6) & (differences < audience.hidden_up_to + 1 - 1e-6)).sum())


@AUDIENCES
def test_two_questions_do_not_single_out_a_few_households(
    questions: Questions, computed: Computed, audience: Audience
) -> None:
    own = computed.summary.specification
    weights = singling_out(own)
    answers = [
        questions.answer("kelurahan", weights=weights, cutoff=cutoff).published.table for cutoff in steps(own)
    ]
    assert differences(answers).any()
    assert few(differences(answers), audience) == 0
    one, other = ([1, 2, 3], [1, 2, 3, 4])
    by_desil = [
        questions.answer("kelurahan", cutoff=HALF, desils=desils).published.table for desils in (one, other)
    ]
    assert few(differences(by_desil), audience) == 0


@AUDIENCES
def test_exact_answers_would_single_them_out(
    computed: Computed, tabulation: Tabulation, audience: Audience
) -> None:
    """The control: the same questions put to the tally."""
    own = computed.summary.specification
    weights = singling_out(own)
    answers = [
        tabulation.publish(own, audience, tabulation.unit_levels, weights=weights, cutoff=cutoff)[
            "kelurahan"
        ].table.with_columns(
            poor_households=pl.Series(
                measure(tabulation.counts("kelurahan"), own, weights=weights, cutoff=cutoff).poor_households
            )
        )
        for cutoff in steps(own)[:20]
    ]
    assert few(differences(answers), audience) > 20


def test_levels_of_an_audience() -> None:
    assert asked_levels(PUBLIC, LEVELS)[-1] == "kelurahan"
    assert asked_levels(PLANNER, LEVELS) == LEVELS


@pytest.mark.parametrize("audience", [PUBLIC])
def test_wrong_questions_say_what_is_wrong(questions: Questions) -> None:
    with pytest.raises(
        NotFoundError, match="what-if is answered for kota, kecamatan, kelurahan, not for 'h3-8'"
    ):
        questions.answer("h3-8")
    with pytest.raises(ParameterError, match="desil 11"):
        questions.answer("kelurahan", desils=[11])


@AUDIENCES
def test_the_deviation_is_told(questions: Questions) -> None:
    answer = questions.answer("kelurahan", cutoff=HALF)
    assert answer.deviation is not None
    assert answer.deviation.h_largest < 1e-12
    assert 0 < answer.deviation.m0_mean <= answer.deviation.m0_largest < 0.02
    assert answer.deviation.top >= 9


# Merging


@given(
    households=st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 10), st.integers(0, 2)), min_size=1, max_size=150
    ),
    hidden_up_to=st.sampled_from([4, 10]),
)
def test_no_profile_has_a_few_households_and_poor_stay_poor(
    counted: Callable[..., ZoneCounts],
    specify: Callable[..., Specification],
    households: list[tuple[int, int, int]],
    hidden_up_to: int,
) -> None:
    four = specify([Fraction(1, 4)] * 4)
    matrix = [[mask >> bit & 1 for bit in range(4)] for mask, _, _ in households]
    counts = counted(
        matrix, desil=[desil for _, desil, _ in households], unit=[unit for _, _, unit in households]
    )
    place = np.minimum(np.arange(len(counts.zones)), 2)
    merged = protect(counts, place, four, hidden_up_to)
    assert (merged.households.data > hidden_up_to).all()
    poor_before = counts.households @ is_poor(counts.profiles.deprived, counts.profiles.missing, four)
    poor_after = merged.households @ is_poor(merged.profiles.deprived, merged.profiles.missing, four)
    for unit in range(merged.households.shape[0]):
        whole = counts.households[place == unit].sum()
        poor = poor_before[place == unit].sum()
        if whole <= hidden_up_to:
            continue  # too few in all: left out
        assert merged.households[[unit]].sum() == whole
        if all(count == 0 or count > hidden_up_to for count in (poor, whole - poor)):
            assert poor_after[unit] == poor


def test_who_asks_as_planner_and_as_public_learns_what_planners_learn(
    computed: Computed, tabulation: Tabulation, of_planners: Questions
) -> None:
    """The public's answers follow from the planners' profiles alone: another tally beneath changes none of them."""
    run = computed.published[PUBLIC.name]
    nobody_deprived = computed.tally.counts.with_columns(deprived=pl.lit(0, pl.UInt32))
    other = Tabulation(Tally.of_counts([nobody_deprived]), computed.boundaries, computed.summary.resolution)
    of_planners.arrange("kelurahan")
    public, blind = Questions(tabulation, run, of_planners), Questions(other, run, of_planners)
    for cutoff in (Fraction(1, 5), HALF):
        answer = public.answer("kelurahan", cutoff=cutoff, desils=[1, 2, 3, 4]).published.table
        assert answer["poor_households"].sum() > 0
        assert answer.equals(blind.answer("kelurahan", cutoff=cutoff, desils=[1, 2, 3, 4]).published.table)


# Robustness


@AUDIENCES
def test_robustness_tells_nothing_that_single_answers_do_not(
    questions: Questions, computed: Computed, audience: Audience
) -> None:
    """Whoever asks each world as a what-if of its own works out the same shares and ranks."""
    own, seen = computed.summary.specification, shown(computed, audience)
    worlds, ranks = draw(own, 10), []
    for weights, cutoff in zip(worlds.weights, worlds.cutoffs, strict=True):
        asked = {
            name: Fraction(int(weight), DENOMINATOR)
            for name, weight in zip(worlds.indicators, weights, strict=True)
        }
        table = questions.answer("kelurahan", weights=asked, cutoff=cutoff).published.table
        m0 = table["m0"].to_numpy()[seen].round(12)
        ranks.append(1 + (m0 > m0[:, None]).sum(axis=1))
    table = questions.robustness("kelurahan", top=5, draws=10).table
    told = table.filter(pl.Series(seen))
    assert told["share_in_top"].to_list() == pytest.approx(np.mean(np.array(ranks) <= 5, axis=0))
    assert told["rank_best"].to_list() == np.min(ranks, axis=0).tolist()
    assert told["rank_median"].to_list() == np.median(ranks, axis=0).tolist()
    assert told["rank_worst"].to_list() == np.max(ranks, axis=0).tolist()


@AUDIENCES
def test_hidden_places_have_no_share_and_take_no_rank(
    questions: Questions, computed: Computed, audience: Audience
) -> None:
    table = questions.robustness("kelurahan", top=3, draws=20).table
    hidden = table.filter(status="hidden")
    assert hidden.height > 0
    assert hidden.select(list(ROBUSTNESS_COLUMNS)).null_count().row(0) == (hidden.height,) * 4
    told = table.filter(status="shown")
    assert told["share_in_top"].sum() == pytest.approx(3, abs=0.3)  # ties share a rank
    assert told["rank_worst"].max() <= told.height
    assert questions.robustness("kelurahan", top=3, draws=20).table.equals(table)


@AUDIENCES
def test_robustness_is_answered_for_the_levels_of_questions(questions: Questions, audience: Audience) -> None:
    with pytest.raises(NotFoundError, match="what-if is answered for"):
        questions.robustness("h3-8", top=3, draws=10)

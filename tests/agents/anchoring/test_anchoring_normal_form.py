"""Two ways to say the same come out alike, and what only looks alike does not."""

import pytest

from agents.anchoring.normal_form import can_both_hold, subject_of, value_of


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cost of option B", "Option B's costs"),
        ("the peak demand", "Peak demand."),
        ("flow from north to south", "the flow to south, from north"),
        ("cost of option A", "costs, option a"),
        ("A plan", "the plan"),
        ("bus 12 voltage", "Voltage at bus 12.0"),
        ("batteries for sites", "Site battery"),
        ("cable stock", "availability of the cable"),
        ("X7 pump price", "What does the X7 pump cost?"),
        ("duration of the repair", "how long to repair"),
        ("delivery date of the pump", "when the pump arrives"),
        ("next step for the pump", "what to do with the pump"),
    ],
)
def test_a_subject_is_the_same_in_other_words(a: str, b: str) -> None:
    assert subject_of(a) == subject_of(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("flow from north to south", "flow from south to north"),
        ("cost of option A", "cost of option B"),
        ("voltage at bus 12", "voltage at bus 13"),
        ("demand before noon", "demand after noon"),
        ("price of the X200", "price of the X300"),
        ("our cost", "your price of option B"),
        ("delivery of the pump", "delivery time of the pump"),
    ],
)
def test_another_subject_stays_another_one(a: str, b: str) -> None:
    assert subject_of(a) != subject_of(b)


def said(about: str, a: str, b: str) -> bool | None:
    found = can_both_hold(value_of(about, a), value_of(about, b))
    assert can_both_hold(value_of(about, b), value_of(about, a)) == found
    return found


@pytest.mark.parametrize(
    ("about", "a", "b"),
    [
        ("demand at bus 12", "12 MW", "12.0 mw"),
        ("demand at bus 12", "12 MW", "12,000 kW"),
        ("demand at bus 12", "demand at bus 12 is 12 MW", "about 12 MW"),
        ("demand", "10-12 MW", "between 10 MW and 12 MW"),
        ("demand", "10 to 12 MW", "11 MW"),
        ("demand", "more than 10 MW", "12 MW"),
        ("demand", "twelve megawatts", "12 MW"),
        ("demand", "not 12 MW", "14 MW"),
        ("share of wind", "12 %", "0.12"),
        ("share of wind", "12%", "12 percent"),
        ("price", "$3 million", "3,000,000 usd"),
        ("price", "12 $/MWh", "12 USD per MWh"),
        ("weight", "1.2e3 kg", "1.2 t"),
        ("delay", "2 hours", "120 minutes"),
        ("length", "5 m", "500 cm"),
        ("demand", "about 100 MW", "100.4 MW"),
        ("plan B feasible", "yes", "true"),
        ("plan B feasible", "not feasible", "no"),
        ("feasible plan", "the plan is feasible", "yes"),
        ("feasible plan", "infeasible", "No, it is not."),
        ("plan", "not true", "false"),
        ("cost", "the High one", "high"),
        ("cost", "large", "very high"),
        ("cost of option B", "cost is high", "high"),
        ("line 4", "overloaded at peak", "at peak, line 4 is overloaded"),
        ("line 4", "unsafe", "not safe"),
        ("best option: A or B", "option B", "B"),
        ("term", "24 months", "two years"),
        ("term", "two full weeks", "14 days"),
        ("term", "two to four days", "72 hours"),
        ("term", "3 or 4 days", "at most four days"),
        ("term", "not more than 4 days", "3 days"),
        ("term", "two weeks or more", "16 days"),
        ("start", "on Tuesday", "it begins Tue"),
        ("pump in stock", "available", "we have it on hand"),
        ("pump in stock", "sold out", "No, it is out of stock"),
        ("return of the pump", "we'll take it back", "yes, of course"),
        ("return of the pump", "we won't take the pump back", "refused"),
        ("amends", "full refund", "you get your money back"),
        ("amends", "no refund, exchange only", "we replace it"),
        ("postage", "free of charge", "at our own expense"),
        ("what to do with the desk lamp", "keep the desk lamp", "it is yours to keep"),
    ],
)
def test_the_same_in_other_words_is_no_contradiction(about: str, a: str, b: str) -> None:
    assert said(about, a, b) is True


@pytest.mark.parametrize(
    ("about", "a", "b"),
    [
        ("demand at bus 12", "12 MW", "13 MW"),
        ("demand", "12 MW", "12 kW"),
        ("demand", "at most 10 MW", "12 MW"),
        ("demand", "between 10 and 12 MW", "13 MW"),
        ("demand", "not 12 MW", "12 MW"),
        ("share of wind", "12 percent", "15 %"),
        ("plan B feasible", "yes", "not feasible"),
        ("plan", "it isn't", "it is"),
        ("cost", "high", "not high"),
        ("cost", "high", "low"),
        ("line 4", "safe", "unsafe"),
        ("unit 3", "unit 3 trips", "Unit 3 doesn't trip"),
        ("A or B", "A is better", "B is better"),
        ("best option", "option A", "B"),
        ("cost of B versus C", "B is cheaper than C", "C is cheaper than B"),
        ("peak", "demand peaks high in the cold season", "demand peaks low in the cold season"),
        ("term", "24 months", "one year"),
        ("term", "not more than 4 days", "not before two weeks"),
        ("start", "we begin on Monday", "Tuesday morning"),
        ("pump in stock", "plenty in stock", "no"),
        ("pump in stock", "available", "no longer available"),
        ("the pump", "keep it", "please send it back to us"),
        ("amends", "refund in full", "exchange only"),
        ("amends", "full refund", "partial refund"),
        ("postage", "we pay it", "you pay it"),
        ("who pays", "we do", "you do"),
        ("best choice: A or B", "A", "B"),
    ],
)
def test_what_cannot_both_be_so_is_a_contradiction(about: str, a: str, b: str) -> None:
    assert said(about, a, b) is False


@pytest.mark.parametrize(
    ("about", "a", "b"),
    [
        ("outage", "12 MW", "3 hours"),
        ("outage", "12 MW", "severe"),
        ("cost", "not low", "high"),
        ("risk", "", "high"),
        ("plan", "do not keep it", "do not return it"),
        ("risk", "supply of cables may come late", "the new vendor has no track record"),
    ],
)
def test_what_cannot_be_compared_is_neither(about: str, a: str, b: str) -> None:
    assert said(about, a, b) is None

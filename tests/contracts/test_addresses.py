"""Whatever number somebody writes into an address, no page breaks over it."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.cast import Cast
from tests.visits import english, enter
from views.arguments import MAX_ID

NUMBER = re.compile(r"<int:\w+>")


@pytest.mark.both_databases
@pytest.mark.parametrize("who", ["city_officer", "professional"])
def test_a_number_that_nothing_has_leads_nowhere(app: Flask, cast: Cast, who: str) -> None:
    client = english(app)
    enter(client, cast, who)
    rules = [r.rule for r in app.url_map.iter_rules() if NUMBER.search(r.rule) and "GET" in (r.methods or ())]
    assert "/announcements/<int:publication_id>" in rules
    for number in ("0", str(MAX_ID), str(MAX_ID + 1), "9" * 5000):
        answers = {rule: client.get(NUMBER.sub(number, rule)).status_code for rule in rules}
        assert {rule: code for rule, code in answers.items() if code not in {403, 404}} == {}, number[:20]

"""The reader's choices about the page: language, large print, contrast, density."""

from __future__ import annotations

from flask.testing import FlaskClient

from views.redirects import is_own


def test_chinese_is_the_default_and_english_stays_once_chosen(client: FlaskClient) -> None:
    assert '<html lang="zh-Hans"' in client.get("/").text
    answer = client.get("/language/en?to=/verify")
    assert answer.headers["Location"] == "/verify"
    assert '<html lang="en"' in client.get("/").text
    client.get("/language/zh")
    assert '<html lang="zh-Hans"' in client.get("/").text


def test_an_unknown_language_does_not_exist(client: FlaskClient) -> None:
    assert client.get("/language/xx").status_code == 404
    client.set_cookie("lang", "../../etc")
    assert '<html lang="zh-Hans"' in client.get("/").text


def test_a_switch_turns_on_and_off_and_leads_back(client: FlaskClient) -> None:
    answer = client.post("/display", data={"toggle": "large", "to": "/verify?c=1"})
    assert answer.headers["Location"] == "/verify?c=1"
    client.post("/display", data={"toggle": "contrast"})
    client.post("/display", data={"density": "dense"})
    assert '<html lang="zh-Hans" class="public contrast dense large">' in client.get("/").text
    client.post("/display", data={"toggle": "large"})
    client.post("/display", data={"density": "roomy"})
    assert '<html lang="zh-Hans" class="public contrast roomy">' in client.get("/").text
    client.post("/display", data={"toggle": "evil", "density": 'evil"><script>'})
    assert '<html lang="zh-Hans" class="public contrast">' in client.get("/").text


def test_neither_leads_off_the_site(client: FlaskClient) -> None:
    for target in ("https:evil.example", "//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example"):
        assert client.get("/language/en", query_string={"to": target}).headers["Location"] == "/"
        assert client.post("/display", data={"toggle": "large", "to": target}).headers["Location"] == "/"


def test_only_paths_of_this_site_are_own() -> None:
    own = ("/", "/admin/people/?page=2&k=x", "/verify/A-1?c=2#top", "/a//b")
    strange = (
        None,
        "",
        "admin/",
        "//x",
        "///x",
        "/\\x",
        "https:x",
        "http://x/",
        "/a\nb",
        "/a\tb",
        "/a\x00b",
        "javascript:1",
        " /x",
        "\u00a0//x",
    )
    assert [t for t in own if not is_own(t)] == []
    assert [t for t in strange if is_own(t)] == []

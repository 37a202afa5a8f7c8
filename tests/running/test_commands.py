"""The operator's commands, in this process, on the database of the test."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select, update

from admin_app import commands, demo
from admin_app.commands import root
from models.base import db
from models.history import HistoryEntry
from models.people.accounts import is_right_password
from models.people.tables import Account
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast, made_up_number

Command = Callable[..., Result]


@pytest.fixture
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command with the application of the test."""
    monkeypatch.setattr(root, "create_app", lambda: app)
    monkeypatch.setattr(root.logs, "configure", lambda: None)

    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(commands.main, arguments, catch_exceptions=False, **options)

    return run


@pytest.fixture
def empty_command(empty_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command with an application on an empty database."""
    monkeypatch.setattr(root, "create_app", lambda: empty_app)
    monkeypatch.setattr(root.logs, "configure", lambda: None)
    return lambda *arguments: CliRunner().invoke(commands.main, arguments, catch_exceptions=False)


def test_help_names_every_command(command: Command) -> None:
    listed = re.findall(r"^  ([a-z][a-z-]+) ", command("--help").output.partition("Commands:")[2], re.MULTILINE)
    assert listed == sorted(commands.main.commands)


def test_routes_lists_every_address(command: Command, app: Flask) -> None:
    lines = command("routes").output.splitlines()
    assert len(lines) == len(list(app.url_map.iter_rules()))
    assert "/healthz  GET  health.live" in lines


def test_reference_data_are_written_once(empty_command: Command) -> None:
    first, second = empty_command("seed", "reference"), empty_command("seed", "reference")
    assert first.output.endswith(" rows added, 0 brought up to date.\n")
    assert second.output == "0 rows added, 0 brought up to date.\n"


def test_the_demo_is_refused_where_organisations_exist(command: Command) -> None:
    done = command("seed", "demo")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "The database holds organisations already; the demo is built in an empty one.\n"


def test_verify_history_names_the_row_that_was_changed(command: Command, app: Flask) -> None:
    command("create-support", "--number", made_up_number(900), "--name", "客服甲")
    assert command("verify-history").output.startswith("2 rows in 0 batches are whole, 2 wait to be sealed.")
    with app.app_context(), system_session() as session, unit_of_work(session):
        first = session.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id)).first()
        session.execute(update(HistoryEntry).where(HistoryEntry.id == first).values(reason="改过"))
    done = command("verify-history")
    assert (done.exit_code, done.stderr) == (1, f"The history is broken at row {first}; 0 rows before it are whole.\n")


@pytest.mark.parametrize("column", ["changes", "at"])
def test_verify_history_names_a_row_that_cannot_even_be_read(command: Command, app: Flask, column: str) -> None:
    command("create-support", "--number", made_up_number(900), "--name", "客服甲")
    with app.app_context(), system_session() as session:
        last = session.scalars(select(func.max(HistoryEntry.id))).one()
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(f"update history_entries set {column} = '{{broken' where id = {last}")
    done = command("verify-history")
    assert (done.exit_code, done.stderr) == (1, f"The history is broken at row {last}; 1 rows before it are whole.\n")


def test_a_support_account_is_created_with_a_one_time_password_and_stands_in_the_history(command: Command, app: Flask) -> None:
    number = made_up_number(900)
    done = command("create-support", input=f"{number}\n客服甲\n")
    shown = re.search(r"one-time password (\S+);", done.output)
    assert shown
    with app.app_context(), system_session() as session:
        account = session.scalars(select(Account).where(Account.name == "客服甲")).one()
        assert (account.is_support, account.must_change, account.number) == (True, True, number)
        assert is_right_password(account, shown[1])
        actions = session.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_id == account.id)).all()
    assert sorted(actions) == ["create", "create_support"]


def test_a_second_support_account_for_the_same_number_is_refused(command: Command) -> None:
    command("create-support", "--number", made_up_number(900), "--name", "客服甲")
    done = command("create-support", "--number", made_up_number(900), "--name", "客服甲")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.strip()


def test_a_password_is_reset_with_its_reason_in_the_history(command: Command, app: Flask, cast: Cast) -> None:
    account = cast.accounts["unit_clerk"]
    done = command("reset-password", "--number", account.number, "--reason", "唯一的管理员忘记密码")
    shown = re.search(r"one-time password is (\S+);", done.output)
    assert shown
    with app.app_context(), system_session() as session:
        assert is_right_password(session.get(Account, account.id), shown[1])
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.subject_id == account.id)).one()
        assert (entry.action, entry.reason) == ("reset_password", "唯一的管理员忘记密码")


def test_an_unknown_number_is_refused_and_nothing_is_written(command: Command, app: Flask) -> None:
    done = command("reset-password", "--number", made_up_number(901), "--reason", "x")
    assert (done.exit_code, done.stderr) == (1, "No account has this number.\n")
    with app.app_context(), system_session() as session:
        assert session.scalars(select(HistoryEntry)).all() == []


def test_recompute_years_says_what_it_found(command: Command) -> None:
    done = command("recompute-years", "--check")
    assert done.output == "0 years counted: 0 years, 0 records and 0 counters of organisations were wrong.\n"


def test_check_proposals_says_what_it_found(command: Command) -> None:
    done = command("check-proposals")
    assert (done.exit_code, done.output) == (0, "0 records were computed anew: 0 differ from what is stored.\n")


def test_the_accounts_of_the_demo_are_kept_for_the_next_start(app: Flask) -> None:
    path = Path(app.instance_path) / demo.DEMO_FILE
    assert demo.accounts(app) == []
    path.write_text(json.dumps([{"title": "市人社局", "number": "x", "kind": "人社部门"}]), encoding="utf-8")
    try:
        assert [account.title for account in demo.accounts(app)] == ["市人社局"]
    finally:
        path.unlink()


def test_a_database_with_organisations_is_not_empty(app: Flask) -> None:
    with app.app_context():
        assert demo.is_empty() is False
        db.session.remove()


def test_backup_and_restore_say_what_they_did_and_where_the_keys_are(command: Command, tmp_path: Path) -> None:
    target, keys = tmp_path / "set.tar.gz", tmp_path / "keys.json"
    done = command("backup", str(target))
    assert "database and 0 files" in done.output
    assert "The keys are not in it: without instance/keys" in done.output
    done = command("backup", str(tmp_path / "second.tar.gz"), "--keys", str(keys), input="a long passphrase\na long passphrase\n")
    assert (done.exit_code, keys.exists()) == (0, True)
    done = command("restore", str(target))
    assert (done.exit_code, done.stderr) == (1, "The database here holds data: --replace puts the backup in its place.\n")
    done = command("restore", str(target), "--replace")
    assert done.output.endswith("Its history is whole: 0 rows.\n")
    done = command("restore", str(target), "--replace", "--keys", str(keys), input="wrong passphrase\n")
    assert (done.exit_code, done.stderr) == (1, f"The passphrase does not open {keys}.\n")


def test_rotated_keys_are_made_where_the_keys_are_ours(command: Command, app: Flask) -> None:
    # The keys of the tests come from the settings, so none is made (what signs PDFs is no key of data), and all is written
    # with the first one already.
    assert command("rotate-keys").output.startswith("0 values and 0 files are written with the first key.")
    assert {file.name for file in (Path(app.instance_path) / "keys").iterdir()} == {"pdf_certificate"}


def test_paths_are_compared_with_the_tree(command: Command) -> None:
    assert command("rebuild-paths", "--check").output == "11 organisations: 0 paths were wrong, 0 rows were moved.\n"

"""The command line: what it offers, and one line for what is wrong."""

from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner, Result

from keeper.cli import main

TOKEN = "0x" + "22" * 20
SETTINGS = {
    "market": {
        "factories": [{"address": "0x" + "11" * 20, "protocol": "uniswap_v2"}],
        "tokens": [TOKEN],
        "profit_tokens": [TOKEN],
        "usd_tokens": [TOKEN],
        "wrapped_native": TOKEN,
    },
    "execution": {"deployment": "record.json", "key_file": "executor.key"},
}


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "keeper.toml"
    path.write_text(tomli_w.dumps(SETTINGS))
    return path


def run(*words: str | Path, **environment: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, [str(word) for word in words], env=environment)


def refused(result: Result) -> str:
    """The one line of a refusal."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("alphapulse: ")
    return result.stderr


def test_help__names_every_command_and_the_settings_file() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for word in ("check", "collect", "relay", "run", "--config", "alphapulse.toml"):
        assert word in result.stdout


@pytest.mark.parametrize("command", ["check", "collect", "relay", "run"])
def test_help__each_command_says_what_it_does(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.split("\n\n")) > 2


def test_no_command__shows_the_help() -> None:
    assert "Commands:" in run().output


def test_unknown_command__is_named() -> None:
    result = run("trade")
    assert result.exit_code == 2
    assert "trade" in result.stderr


def test_check__valid_settings(settings_file: Path) -> None:
    result = run("--config", settings_file, "check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{settings_file}: settings are valid\n"


def test_check__settings_file_by_environment(settings_file: Path) -> None:
    result = run("check", ALPHAPULSE_CONFIG=str(settings_file))
    assert result.exit_code == 0
    assert str(settings_file) in result.stdout


@pytest.mark.parametrize("command", ["check", "collect", "relay", "run"])
def test_settings_file_missing__is_named_with_the_option(tmp_path: Path, command: str) -> None:
    line = refused(run("--config", tmp_path / "none.toml", command))
    assert str(tmp_path / "none.toml") in line
    assert "--config" in line


def test_check__not_toml__names_file_and_place(settings_file: Path) -> None:
    settings_file.write_text("[node\nurl")
    line = refused(run("--config", settings_file, "check"))
    assert str(settings_file) in line
    assert "line 1" in line


def test_check__each_wrong_setting_is_named(settings_file: Path) -> None:
    wrong = {"ALPHAPULSE_NODE__CHAIN_ID": "many", "ALPHAPULSE_METRICS__PORT": "70000"}
    line = refused(run("--config", settings_file, "check", **wrong))
    assert "node.chain_id" in line
    assert "metrics.port" in line


def test_check__unknown_strategy__names_the_known_ones(settings_file: Path) -> None:
    line = refused(run("--config", settings_file, "check", ALPHAPULSE_STRATEGIES='["luck"]'))
    assert "luck" in line
    assert "triangular" in line


def test_check__a_secret_in_the_wrong_place_is_not_repeated(settings_file: Path) -> None:
    secret = "0x" + "5e" * 32
    line = refused(run("--config", settings_file, "check", ALPHAPULSE_NODE__TIMEOUT_S=secret))
    assert "node.timeout_s" in line
    assert secret not in line

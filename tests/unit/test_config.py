import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from keeper.config import ConfigError, load_config
from keeper.startup import create_strategies

TOKEN = "0x" + "11" * 20
WHOLE = f"""
[market]
tokens = ["{TOKEN}"]
profit_tokens = ["{TOKEN}"]
usd_tokens = ["{TOKEN}"]
wrapped_native = "{TOKEN}"

[[market.factories]]
address = "{TOKEN}"
protocol = "uniswap_v2"

[execution]
deployment = "record.json"
key_file = "executor.key"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "alphapulse.toml"
    path.write_text(text)
    return path


def test_load_config__whole_file__fills_defaults(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, WHOLE))
    assert config.market.wrapped_native == bytes.fromhex("11" * 20)
    assert config.node.chain_id == 137
    assert config.execution.deployment.is_absolute()


def test_load_config__environment__overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPHAPULSE_NODE__TIMEOUT_S", "7.5")
    assert load_config(written(tmp_path, WHOLE)).node.timeout_s == 7.5


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (f'wrapped_native = "{TOKEN}"', "", "market.wrapped_native"),
        (f'wrapped_native = "{TOKEN}"', 'wrapped_native = "0x12"', "market.wrapped_native"),
        (f'wrapped_native = "{TOKEN}"', "wrapped_native = 12", "market.wrapped_native"),
        ("[execution]", "[limits]\nmax_in_flight = 0\n[execution]", "limits.max_in_flight"),
        ("[execution]", "[limits]\nunheard_of = 0\n[execution]", "limits.unheard_of"),
        ('"uniswap_v2"', '"uniswap_v9"', "market.factories.0.protocol"),
        ("[execution]", "[nod]\n[execution]", "nod"),
        ("[execution]", "[execution", "cannot be read"),
    ],
)
def test_load_config__wrong_field__is_named_in_one_line(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, WHOLE.replace(old, new)))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_load_config__absent_file__says_which(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no settings file at"):
        load_config(tmp_path / "absent.toml")


def test_load_config__refused_value__is_not_repeated(tmp_path: Path) -> None:
    secret = "postgresql://user:canary@host/db"
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, WHOLE + f'[journal]\ndata_dir = 3\ndsn = ["{secret}"]'))
    assert "canary" not in str(caught.value)


def test_load_config__example__is_valid_and_names_every_section() -> None:
    example = Path(__file__).parents[2] / "ops" / "alphapulse.example.toml"
    config = load_config(example)
    sections = set(tomllib.loads(example.read_text())) | {"strategies"}
    assert sections == set(type(config).model_fields)


def test_tuning__is_of_one_strategy_and_the_limits_of_all_others(tmp_path: Path) -> None:
    more = """
[tuning.triangular]
min_net_profit_usd = 0.5
max_pools_per_pair = 3
"""
    config = load_config(written(tmp_path, WHOLE + more))
    simple, triangular, *others = (each._settings for each in create_strategies(config))  # type: ignore[attr-defined]
    assert others == [simple] * len(others)
    assert simple == replace(triangular, min_net_profit_usd=0.01, max_pools_per_pair=8)
    assert (triangular.min_net_profit_usd, triangular.max_pools_per_pair) == (0.5, 3)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("[tuning.luck]\nmax_exact = 3\n", "tuning.luck"),
        ("[tuning.simple]\nmax_luck = 3\n", "tuning.simple.max_luck"),
        ("[tuning.simple]\nmax_sized = 0\n", "tuning.simple.max_sized"),
    ],
)
def test_tuning__of_what_is_not_there__is_refused(tmp_path: Path, more: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        create_strategies(load_config(written(tmp_path, WHOLE + more)))
    assert named in str(caught.value)


def test_load_config__factories_and_pools_of_every_venue__are_read(tmp_path: Path) -> None:
    more = f"""
[[market.pools]]
protocol = "curve_stableswap"
address = "{TOKEN}"
[[market.pools]]
protocol = "uniswap_v4"
factory = "{TOKEN}"
currencies = ["0x{"00" * 20}", "{TOKEN}"]
fee_pips = 500
tick_spacing = 10
[[market.factories]]
protocol = "algebra_v1"
address = "{TOKEN}"
deployer = "{TOKEN}"
init_code_hash = "0x{"12" * 32}"
"""
    market = load_config(written(tmp_path, WHOLE + more)).market
    assert [pool.protocol.name for pool in market.pools] == ["CURVE_STABLESWAP", "UNISWAP_V4"]
    assert market.factories[1].init_code_hash == b"\x12" * 32


@pytest.mark.parametrize("protocol", ["uniswap_v4", "curve_stableswap"])
def test_load_config__a_pool_without_a_name__is_refused(tmp_path: Path, protocol: str) -> None:
    more = f'[[market.pools]]\nprotocol = "{protocol}"\n'
    with pytest.raises(ConfigError, match=r"market.pools.0.*needs its address"):
        load_config(written(tmp_path, WHOLE + more))

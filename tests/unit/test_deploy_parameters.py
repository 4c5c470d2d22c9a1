"""Parameter files: what is missing or wrong is one line that names the file and the field."""

from pathlib import Path

import pytest
from eth_account import Account

from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from keeper.keys import TEST_MNEMONIC
from scripts._parameters import MAX_EXECUTORS, ParameterError, load_parameters

PARAMETERS = Path(__file__).parents[2] / "deployments" / "parameters"
OURS = tuple("0x" + bytes([n] * 20).hex() for n in range(1, 32))
FIELDS = ("owner", "guardian", "treasury", "aave_pool", "executors", "pools", "pairs")


def write(path: Path, **changes: str | None) -> Path:
    values: dict[str, str | None] = dict(zip(FIELDS[:4], OURS, strict=False))
    values |= {"executors": f"[{OURS[10]}, {OURS[11]}]"}
    values |= {"pools": f"[{OURS[20]}, {OURS[21]}]", "pairs": f"[{OURS[22]}]"} | changes
    path.write_text(
        "".join(f"{key}: {value}\n" for key, value in values.items() if value is not None)
    )
    return path


def many(count: int) -> str:
    return ", ".join("0x" + bytes([9, n] * 10).hex() for n in range(count))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mainnet.yaml"


def refusal(path: Path, *, live: bool = True) -> str:
    with pytest.raises(ParameterError) as caught:
        load_parameters(path, live=live)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_complete_file_is_read(path: Path) -> None:
    parameters = load_parameters(write(path), live=True)
    *roles, pools, pairs = (given for _, given in parameters.arguments)
    assert [address.hex() for address in roles] == [OURS[n][2:] for n in range(4)]
    assert [address.hex() for address in pools] == [OURS[20][2:], OURS[21][2:]]
    assert [address.hex() for address in pairs] == [OURS[22][2:]]
    assert [address.hex() for address in parameters.executors] == [OURS[10][2:], OURS[11][2:]]


@pytest.mark.parametrize("field", FIELDS)
def test_missing_field_is_named(path: Path, field: str) -> None:
    assert f"{field} is missing" in refusal(write(path, **{field: None}))
    assert f"{field} is missing" in refusal(write(path, **{field: ""}))


def test_committed_live_directory_is_full(path: Path) -> None:
    whole = (PARAMETERS / "mainnet.yaml").read_text()
    for field, own in zip(("owner", "guardian", "treasury"), OURS, strict=False):
        whole = whole.replace(f"{field}:\n", f"{field}: {own}\n")
    path.write_text(whole.replace("executors:\n", "executors: []\n"))
    arguments = load_parameters(path, live=True).arguments
    assert (len(arguments.pools), len(arguments.pairs)) == (DIRECTORY_POOLS, DIRECTORY_PAIRS)
    assert not set(arguments.pools) & set(arguments.pairs)


def test_committed_live_file_has_no_defaults() -> None:
    assert "owner is missing" in refusal(PARAMETERS / "mainnet.yaml")


@pytest.mark.parametrize("network", ["local", "replica", "fork"])
def test_committed_development_files_are_complete(network: str) -> None:
    parameters = load_parameters(PARAMETERS / f"{network}.yaml", live=False)
    Account.enable_unaudited_hdwallet_features()
    assert parameters.arguments.owner == bytes.fromhex(
        Account.from_mnemonic(TEST_MNEMONIC).address[2:]
    )


@pytest.mark.parametrize("field", ["owner", "guardian", "treasury"])
def test_public_test_accounts_are_refused_on_live_networks(path: Path, field: str) -> None:
    known = Account.from_mnemonic(TEST_MNEMONIC, account_path="m/44'/60'/0'/0/7").address
    assert field in refusal(write(path, **{field: known}))
    assert field in refusal(write(path, **{field: "test:7"}))
    load_parameters(write(path, **{field: "test:7"}), live=False)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"owner": "0x1234"}, "owner"),
        ({"owner": "me"}, "owner"),
        ({"owner": "0x" + "00" * 20}, "zero address"),
        ({"executors": OURS[0]}, "executors is missing"),
        ({"executors": f"[{OURS[0]}, {OURS[0]}]"}, "twice"),
        ({"executors": f"[{', '.join(OURS[: MAX_EXECUTORS + 1])}]"}, "17"),
        ({"executors": "[test:x]"}, "executors[0]"),
        ({"pools": OURS[0]}, "pools is missing"),
        ({"pools": f"[{OURS[0]}, {OURS[0]}]"}, "pools names an address twice"),
        ({"pairs": f"[{OURS[0]}, {'0x' + '00' * 20}]"}, "pairs[1] is the zero address"),
        ({"pools": f"[{many(DIRECTORY_POOLS + 1)}]"}, "pools has 64 entries"),
        ({"pairs": f"[{many(DIRECTORY_PAIRS + 1)}]"}, "pairs has 65 entries"),
        ({"gaurdian": OURS[0]}, "gaurdian is no parameter"),
    ],
)
def test_wrong_value_is_named(path: Path, changes: dict[str, str | None], named: str) -> None:
    assert named in refusal(write(path, **changes), live=False)


@pytest.mark.parametrize("index", ["-1", "20", "٣", "1e1"])
def test_only_the_mnemonics_first_accounts_have_numbers(path: Path, index: str) -> None:
    assert "test:0 to test:19" in refusal(write(path, owner=f"test:{index}"), live=False)


def test_repeated_field_is_refused(path: Path) -> None:
    path.write_text(write(path).read_text() + f"owner: {OURS[5]}\n")
    assert "owner is given twice" in refusal(path)


@pytest.mark.parametrize("text", ["- a\n", "a", "a: [", "\x00", "{a: {b: c}}", "? [x]\n: y\n"])
def test_what_is_no_mapping_of_fields_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    refusal(path)


def test_absent_file_says_what_to_write(path: Path) -> None:
    assert "no parameters" in refusal(path)

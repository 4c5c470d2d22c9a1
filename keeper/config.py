"""Settings: one TOML file, each field overridable by `ALPHAPULSE_<SECTION>__<FIELD>`."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from keeper.chain import FEE_DENOMINATOR_PIPS, Protocol
from keeper.fields import AddressField, HashField
from keeper.node import Policy


class ConfigError(ValueError):
    """A setting is missing or wrong; the message names the field and the fix."""


def _protocol(value: object) -> Protocol:
    names = {protocol.name.lower(): protocol for protocol in Protocol}
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"must be one of {', '.join(names)}")
    return names[value]


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


PathField = Annotated[Path, AfterValidator(_absolute)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeSettings(_Section):
    """The node that the collector follows and the keeper submits to, and others beside it.

    Of several, answers are compared: `patience_s` is how much longer than another one may take,
    `max_lag_s` how long its head may stand still behind another's.
    """

    url: str = "http://127.0.0.1:8545"
    more_urls: tuple[str, ...] = ()
    chain_id: int = 137
    timeout_s: float = Field(default=2.0, gt=0, le=60)
    poll_interval_s: float = Field(default=0.1, gt=0, le=10)
    patience_s: float = Field(default=0.7, gt=0, le=60)
    max_lag_s: float = Field(default=1.0, gt=0, le=600)
    max_head_age_s: float = Field(default=120.0, gt=0)

    @property
    def urls(self) -> tuple[str, ...]:
        """All endpoints, the first of them foremost."""
        return (self.url, *self.more_urls)

    @property
    def policy(self) -> Policy:
        """When an endpoint is dropped."""
        return Policy(self.patience_s, self.max_lag_s, self.max_head_age_s)


class RelaySettings(_Section):
    """Unix sockets: the collector writes to `producer`, keepers read from `consumer`.

    `hints` is where a foreign collector of the second protocol (TLV) serves its market data,
    `market_data` where the first protocol's are served: its status contradicts a wrong price.
    """

    producer: PathField = Path("/tmp/alphapulse/polygon.sock")  # noqa: S108 - the relay's own default
    consumer: PathField = Path("/tmp/alphapulse/defi.sock")  # noqa: S108
    hints: PathField | None = None
    market_data: PathField | None = None


ProtocolField = Annotated[Protocol, BeforeValidator(_protocol)]


class FactorySettings(_Section):
    """A factory whose pools are trusted to run its code; of Uniswap V4, the pool manager.

    `fee_pips` is of Uniswap V2 pairs, whose code alone knows it; other pools state their fee. The
    hashes are checked where they are given: of the factory's own runtime code, of its pairs', and
    of the init code from which every pool's address derives (by `deployer`, where that is another
    contract than the factory). Uniswap V4 and Balancer pools are found by events since
    `first_block`.
    """

    address: AddressField
    protocol: ProtocolField
    fee_pips: int = Field(default=3_000, ge=0, lt=FEE_DENOMINATOR_PIPS)
    code_hash: HashField | None = None
    pair_code_hash: HashField | None = None
    init_code_hash: HashField | None = None
    deployer: AddressField | None = None
    first_block: int = Field(default=0, ge=0)


class PoolSettings(_Section):
    """A pool that is followed by name; a Curve pool that no factory lists, for one.

    `factory` vouches for it, itself where it is left out. A Uniswap V4 pool is named by its manager
    as `factory` and by its key.
    """

    address: AddressField | None = None
    protocol: ProtocolField
    factory: AddressField | None = None
    currencies: tuple[AddressField, AddressField] | None = None
    fee_pips: int = Field(default=0, ge=0, lt=1 << 24)
    tick_spacing: int = Field(default=0, ge=0, lt=1 << 23)

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        by_key = self.factory is not None and self.currencies is not None and self.tick_spacing
        if not (by_key if self.protocol is Protocol.UNISWAP_V4 else self.address):
            raise ValueError("needs its address; of Uniswap V4, factory, currencies and spacing")
        return self


class MarketSettings(_Section):
    """Which pools are followed, what a profit may be paid in, and what is worth one dollar.

    Followed are the factories' pools between any two of `tokens`, and `pools` besides; `cache`
    keeps what was found between runs.
    """

    factories: tuple[FactorySettings, ...] = Field(min_length=1)
    pools: tuple[PoolSettings, ...] = ()
    cache: PathField = Path(".run/pools.json")
    tokens: tuple[AddressField, ...]
    profit_tokens: tuple[AddressField, ...]
    usd_tokens: tuple[AddressField, ...]
    wrapped_native: AddressField


class JournalSettings(_Section):
    """An embedded PostgreSQL in `data_dir`, or any server by `dsn`."""

    dsn: str | None = Field(default=None, repr=False)
    data_dir: PathField = Path(".run/journal")


class ExecutionSettings(_Section):
    """Who signs, through which executor, and with which funding."""

    deployment: PathField
    key_file: PathField
    passphrase_file: PathField | None = None
    tip_wei: int = Field(default=25 * 10**9, ge=0)
    deadline_blocks: int = Field(default=3, ge=1, le=100)
    base_fee_headroom_percent: int = Field(default=30, ge=0, le=1000)


class LimitSettings(_Section):
    """What risk refuses; amounts in US dollars unless the name says otherwise."""

    min_net_profit_usd: float = Field(default=0.01, ge=0)
    max_trade_usd: float = Field(default=50_000.0, gt=0)
    max_gas_price_wei: int = Field(default=1_000 * 10**9, gt=0)
    max_in_flight: int = Field(default=4, ge=1, le=16)
    max_consecutive_reverts: int = Field(default=20, ge=1)
    max_age_ms: int = Field(default=1_500, ge=1)


class TuningSettings(_Section):
    """What one strategy may seek, where it is to differ from `limits` and from its defaults.

    The numbers bound one block's work (see `StrategySettings`); dollars may only be stricter than
    `limits`, which hold for every opportunity.
    """

    min_net_profit_usd: float | None = Field(default=None, ge=0)
    max_trade_usd: float | None = Field(default=None, gt=0)
    max_sized: int | None = Field(default=None, ge=1, le=4_096)
    max_sized_per_pool: int | None = Field(default=None, ge=1, le=4_096)
    max_exact: int | None = Field(default=None, ge=1, le=256)
    max_pools_per_pair: int | None = Field(default=None, ge=1, le=64)


class MetricsSettings(_Section):
    """Where Prometheus scrapes; port 0 turns the endpoint off."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)


class Config(BaseSettings):
    """Everything the daemons need; unknown fields are refused."""

    model_config = SettingsConfigDict(
        env_prefix="ALPHAPULSE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    node: NodeSettings = NodeSettings()
    relay: RelaySettings = RelaySettings()
    market: MarketSettings
    journal: JournalSettings = JournalSettings()
    execution: ExecutionSettings
    strategies: tuple[str, ...] = ("simple", "triangular", "long_path", "basket")
    tuning: dict[str, TuningSettings] = {}
    limits: LimitSettings = LimitSettings()
    metrics: MetricsSettings = MetricsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file; nothing else is read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_config(path: Path) -> Config:
    """Read and check the settings of a daemon.

    Raises:
        ConfigError: The file is absent or not TOML, or a field is missing, unknown or wrong.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no settings file at {path}: name one with --config") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"settings file {path} cannot be read: {error}") from error
    try:
        return Config(**values)
    except ValidationError as error:
        raise ConfigError(_explain(path, error)) from None


def _explain(path: Path, error: ValidationError) -> str:
    # the refused value stays out of the message: it may be a secret in the wrong place
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
    return f"settings in {path}: " + "; ".join(faults)

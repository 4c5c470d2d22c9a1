"""The design's two tables, and what belongs to an opportunity besides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create opportunities, results, an opportunity's exact amounts, and rejection counts."""
    _create_opportunities()
    _create_results()
    _create_opportunity_amounts()
    _create_rejections()


def downgrade() -> None:
    """Drop the four tables."""
    for table in (
        "rejections",
        "opportunity_amounts",
        "execution_results",
        "arbitrage_opportunities",
    ):
        op.drop_table(table)


def _create_opportunities() -> None:
    op.create_table(
        "arbitrage_opportunities",
        sa.Column("id", sa.Uuid, primary_key=True, comment=_ID),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False, comment=_DETECTED_AT),
        sa.Column("strategy_type", sa.Text, nullable=False, comment="Strategy that found it."),
        sa.Column("venue_a", sa.Text, nullable=False, comment="Venue of the route's first swap."),
        sa.Column("venue_b", sa.Text, nullable=False, comment="Venue of the route's last swap."),
        sa.Column("estimated_profit", sa.DECIMAL, nullable=False, comment=_ESTIMATED_PROFIT),
        sa.Column("confidence_score", sa.FLOAT, nullable=False, comment=_CONFIDENCE),
        sa.Column(
            "metadata",
            JSONB,
            nullable=False,
            comment="Route, sizes, source of capital, reasons: JSON object.",
        ),
        sa.CheckConstraint("confidence_score BETWEEN 0 AND 1", "confidence_is_a_fraction"),
        sa.CheckConstraint("estimated_profit <> 'NaN'", "estimated_profit_is_a_number"),
        comment="Opportunities above the row threshold; all that led to an intent are here.",
    )
    op.create_index("opportunities_by_time", "arbitrage_opportunities", ["detected_at"])


def _create_results() -> None:
    op.create_table(
        "execution_results",
        sa.Column("id", sa.Uuid, primary_key=True, comment="uuid5 of the intent's id."),
        sa.Column(
            "opportunity_id",
            sa.Uuid,
            sa.ForeignKey("arbitrage_opportunities.id"),
            nullable=False,
            comment="The opportunity that was executed.",
        ),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=False, comment=_EXECUTED_AT),
        sa.Column("tx_hash", sa.Text, nullable=False, comment="Transaction hash, 0x and 64 hex."),
        sa.Column("actual_profit", sa.DECIMAL, nullable=False, comment=_ACTUAL_PROFIT),
        sa.Column("gas_used", sa.BigInteger, nullable=False, comment="Gas units of the receipt."),
        sa.Column("gas_cost_usd", sa.DECIMAL, nullable=False, comment=_GAS_COST_USD),
        sa.Column("execution_time_ms", sa.Integer, nullable=False, comment=_EXECUTION_TIME_MS),
        sa.Column("success", sa.Boolean, nullable=False, comment=_SUCCESS),
        comment="One row per intent whose nonce is consumed; never changed, never deleted.",
    )
    op.create_index("results_by_opportunity", "execution_results", ["opportunity_id"])
    op.create_index("results_by_time", "execution_results", ["executed_at"])


def _create_opportunity_amounts() -> None:
    op.create_table(
        "opportunity_amounts",
        sa.Column(
            "opportunity_id",
            sa.Uuid,
            sa.ForeignKey("arbitrage_opportunities.id", ondelete="CASCADE"),
            primary_key=True,
            comment="The opportunity.",
        ),
        sa.Column("chain_instance", sa.Text, nullable=False, comment=_CHAIN_INSTANCE),
        sa.Column("profit_token", sa.LargeBinary, nullable=False, comment="Token, 20 bytes."),
        sa.Column("profit_raw", sa.Numeric(78, 0), nullable=False, comment=_PROFIT_RAW),
        sa.CheckConstraint("octet_length(profit_token) = 20", "profit_token_is_an_address"),
        sa.UniqueConstraint("opportunity_id", "chain_instance", name="opportunity_on_its_chain"),
        comment="An opportunity's chain instance and exact predicted profit.",
    )
    op.create_index("opportunities_by_chain", "opportunity_amounts", ["chain_instance"])


def _create_rejections() -> None:
    op.create_table(
        "rejections",
        sa.Column("chain_instance", sa.Text, primary_key=True, comment=_CHAIN_INSTANCE),
        sa.Column("writer", sa.Uuid, primary_key=True, comment="Keeper run that counted."),
        sa.Column("reason", sa.Text, primary_key=True, comment="Reason code of the rejection."),
        sa.Column("count", sa.BigInteger, nullable=False, comment=_REJECTION_COUNT),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
            comment="When the count was last written, database clock.",
        ),
        comment="Opportunities turned down, by reason; sum over writers for a chain's total.",
    )


_ID = "Derived from chain instance, block hash and program, or swaps where none was made of them."
_DETECTED_AT = "When the last frame of the block arrived (keeper's clock)."
_ESTIMATED_PROFIT = (
    "USD, before gas: predicted balance change of the profit token from before to after the "
    "transaction, on the state at the end of the block, at the market's prices at detected_at."
)
_CONFIDENCE = "Fraction in [0, 1] stated by the strategy at detected_at."
_EXECUTED_AT = "When the receipt that consumed the nonce was seen (keeper's clock)."
_ACTUAL_PROFIT = (
    "USD, before gas: balance change of the profit token from before to after the transaction, "
    "at the market's prices at executed_at; 0 when reverted or dropped."
)
_GAS_COST_USD = (
    "USD: gas used times effective gas price, in the native token, at the market's price at "
    "executed_at. Net profit is actual_profit - gas_cost_usd."
)
_EXECUTION_TIME_MS = (
    "Milliseconds from detected_at, the instant the last frame of the block arrived, to "
    "executed_at, the instant the receipt was seen."
)
_SUCCESS = "True when the transaction is on chain and did not revert."
_CHAIN_INSTANCE = "Chain id, genesis hash and run: chains with the same id never mix."
_PROFIT_RAW = (
    "Raw units of profit_token, before gas: predicted balance change from before to after the "
    "transaction, on the state at the end of the block."
)
_REJECTION_COUNT = "Rejections from the writer's start to updated_at; a running total."

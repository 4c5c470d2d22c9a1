"""Intents, what became of them to the wei, their latency stamps and their history."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("execution_results", "outcome_amounts", "intent_events", "intent_stamps")


def upgrade() -> None:
    """Create the tables, then the triggers that hold for every client, not only the keeper."""
    _create_intents()
    _create_outcome_amounts()
    _create_stamps()
    _create_events()
    op.execute(_GUARD_INTENT)
    op.execute(_NOTE_TRANSITION)
    op.execute(_REFUSE_CHANGE)
    op.execute(
        "CREATE TRIGGER guard_intent BEFORE INSERT OR UPDATE ON intents"
        " FOR EACH ROW EXECUTE FUNCTION guard_intent()"
    )
    op.execute(
        "CREATE TRIGGER note_transition AFTER INSERT OR UPDATE ON intents"
        " FOR EACH ROW EXECUTE FUNCTION note_intent_transition()"
    )
    _refuse("intents", "DELETE OR TRUNCATE")
    for table in _APPEND_ONLY:
        _refuse(table, "UPDATE OR DELETE OR TRUNCATE")


def downgrade() -> None:
    """Drop the triggers and tables."""
    op.execute("DROP TRIGGER refuse_change ON execution_results")
    for table in ("intent_events", "intent_stamps", "outcome_amounts", "intents"):
        op.drop_table(table)
    for function in ("guard_intent", "note_intent_transition", "refuse_journal_change"):
        op.execute(f"DROP FUNCTION {function}()")


def _refuse(table: str, events: str) -> None:
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE {events} ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change()"
    )


def _bytes(name: str, size: int, comment: str) -> list[sa.schema.SchemaItem]:
    check = sa.CheckConstraint(f"octet_length({name}) = {size}", f"{name}_is_{size}_bytes")
    return [sa.Column(name, sa.LargeBinary, nullable=False, comment=comment), check]


def _create_intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", sa.Uuid, primary_key=True, comment="Id of the intent."),
        sa.Column("opportunity_id", sa.Uuid, nullable=False, comment="What it executes."),
        sa.Column("attempt", sa.SmallInteger, nullable=False, comment="1 for the first."),
        sa.Column("chain_instance", sa.Text, nullable=False, comment=_CHAIN_INSTANCE),
        *_bytes("sender", 20, "Account that signed."),
        *_bytes("executor", 20, "Executor contract called."),
        sa.Column("nonce", sa.BigInteger, nullable=False, comment="Nonce of the sender."),
        *_bytes("tx_hash", 32, "Hash of raw_transaction."),
        sa.Column("raw_transaction", sa.LargeBinary, nullable=False, comment=_RAW_TRANSACTION),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False, comment=_DETECTED_AT),
        sa.Column("block_number", sa.BigInteger, nullable=False, comment="Block decided on."),
        *_bytes("block_hash", 32, "Hash of the block decided on."),
        sa.Column("deadline_block", sa.BigInteger, nullable=False, comment=_DEADLINE),
        *_bytes("profit_token", 20, "Token in which profit is counted."),
        sa.Column("predicted_profit_raw", sa.Numeric(78, 0), nullable=False, comment=_PREDICTED),
        sa.Column("state", sa.Text, nullable=False, comment=_STATE),
        sa.Column("writer", sa.Uuid, nullable=False, comment="Keeper run that committed it."),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), comment="Order of commit."),
        sa.ForeignKeyConstraint(
            ["opportunity_id", "chain_instance"],
            ["opportunity_amounts.opportunity_id", "opportunity_amounts.chain_instance"],
            name="intent_on_its_opportunitys_chain",
        ),
        sa.UniqueConstraint("opportunity_id", "attempt", name="one_intent_per_attempt"),
        sa.UniqueConstraint(
            "chain_instance", "sender", "nonce", "tx_hash", name="one_intent_per_transaction"
        ),
        sa.CheckConstraint("attempt > 0 AND nonce >= 0", "attempt_and_nonce_count"),
        sa.CheckConstraint("octet_length(raw_transaction) > 0", "raw_transaction_is_there"),
        comment="Signed transactions, durable here before any node sees their bytes.",
    )
    op.create_index("intents_by_sender", "intents", ["chain_instance", "sender", "seq"])
    op.execute(
        "CREATE INDEX open_intents ON intents (chain_instance, sender, nonce)"
        " WHERE state IN ('committed', 'broadcast')"
    )


def _create_outcome_amounts() -> None:
    op.create_table(
        "outcome_amounts",
        sa.Column(
            "result_id",
            sa.Uuid,
            sa.ForeignKey("execution_results.id"),
            primary_key=True,
            comment="The result.",
        ),
        sa.Column(
            "intent_id",
            sa.Uuid,
            sa.ForeignKey("intents.id"),
            nullable=False,
            unique=True,
            comment="The intent that ended.",
        ),
        sa.Column("block_number", sa.BigInteger, nullable=False, comment="Block of the receipt."),
        *_bytes("block_hash", 32, "Hash of the receipt's block."),
        *_bytes("profit_token", 20, "Token in which profit is counted."),
        sa.Column("actual_profit_raw", sa.Numeric(78, 0), nullable=False, comment=_ACTUAL),
        sa.Column("gas_cost_wei", sa.Numeric(78, 0), nullable=False, comment=_GAS_COST_WEI),
        comment="A result's exact amounts and its place on chain.",
    )


def _create_stamps() -> None:
    op.create_table(
        "intent_stamps",
        sa.Column(
            "intent_id", sa.Uuid, sa.ForeignKey("intents.id"), primary_key=True, comment="Intent."
        ),
        sa.Column("stage", sa.Text, primary_key=True, comment=_STAGE),
        sa.Column("at_ns", sa.BigInteger, nullable=False, comment=_AT_NS),
        comment="Instants on the way of an intent; a latency is the difference of two stages.",
    )


def _create_events() -> None:
    op.create_table(
        "intent_events",
        sa.Column(
            "seq", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="Order."
        ),
        sa.Column(
            "intent_id", sa.Uuid, sa.ForeignKey("intents.id"), nullable=False, comment="Intent."
        ),
        sa.Column("from_state", sa.Text, comment="State left; null when the intent was committed."),
        sa.Column("to_state", sa.Text, nullable=False, comment="State entered."),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
            comment="When the database wrote it, database clock.",
        ),
        comment="Every state an intent entered, written by a trigger.",
    )
    op.create_index("events_by_intent", "intent_events", ["intent_id"])


_CHAIN_INSTANCE = "Chain id, genesis hash and run: chains with the same id never mix."
_RAW_TRANSACTION = "Signed bytes; a restart re-sends exactly these."
_DETECTED_AT = "When the last frame of the block arrived (keeper's clock)."
_DEADLINE = "Last block in which the executor accepts it."
_PREDICTED = (
    "Raw units of profit_token, before gas: predicted balance change of the executor from before "
    "to after the transaction, on the state at the end of the block decided on."
)
_STATE = "committed -> broadcast -> succeeded, reverted or dropped; enforced by a trigger."
_ACTUAL = (
    "Raw units of profit_token, before gas: balance change of the executor from before to after "
    "the transaction; 0 when reverted or dropped."
)
_GAS_COST_WEI = "Wei of the native token: gas used times effective gas price of the receipt."
_STAGE = "frame, applied, sized, exact, simulated, committed, broadcast or receipt."
_AT_NS = "Unix nanoseconds (keeper's clock) at which the stage was reached."

_GUARD_INTENT = """
CREATE FUNCTION guard_intent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'committed' THEN
            RAISE EXCEPTION 'an intent starts as committed, not as %', NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
        RAISE EXCEPTION 'intent %: only its state may change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.state, NEW.state) IN (
        ('committed', 'broadcast'),
        ('committed', 'succeeded'), ('committed', 'reverted'), ('committed', 'dropped'),
        ('broadcast', 'succeeded'), ('broadcast', 'reverted'), ('broadcast', 'dropped')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'intent %: % does not follow %', OLD.id, NEW.state, OLD.state
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_NOTE_TRANSITION = """
CREATE FUNCTION note_intent_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO intent_events (intent_id, from_state, to_state)
    VALUES (NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state);
    RETURN NULL;
END $$
"""

_REFUSE_CHANGE = """
CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

"""Every statement the journal runs; values are always bound."""

INSERT_OPPORTUNITY = """
INSERT INTO arbitrage_opportunities
    (id, detected_at, strategy_type, venue_a, venue_b, estimated_profit, confidence_score, metadata)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING
"""

INSERT_OPPORTUNITY_AMOUNTS = """
INSERT INTO opportunity_amounts (opportunity_id, chain_instance, profit_token, profit_raw)
VALUES ($1, $2, $3, $4)
ON CONFLICT (opportunity_id) DO NOTHING
"""

INSERT_INTENT = """
INSERT INTO intents
    (id, opportunity_id, attempt, chain_instance, sender, executor, nonce, tx_hash,
     raw_transaction, detected_at, block_number, block_hash, deadline_block, profit_token,
     predicted_profit_raw, state, writer)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'committed', $15)
ON CONFLICT (opportunity_id, attempt) DO NOTHING
RETURNING id
"""

INSERT_STAMPS = """
INSERT INTO intent_stamps (intent_id, stage, at_ns)
SELECT $1, stage, at_ns FROM unnest($2::text[], $3::bigint[]) AS stamp (stage, at_ns)
ON CONFLICT (intent_id, stage) DO NOTHING
"""

MARK_BROADCAST = """
UPDATE intents SET state = 'broadcast' WHERE id = $1 AND state = 'committed' RETURNING id
"""

LOCK_INTENT = """
SELECT opportunity_id, tx_hash, state FROM intents WHERE id = $1 FOR UPDATE
"""

END_INTENT = "UPDATE intents SET state = $2 WHERE id = $1"

INSERT_RESULT = """
INSERT INTO execution_results
    (id, opportunity_id, executed_at, tx_hash, actual_profit, gas_used, gas_cost_usd,
     execution_time_ms, success)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

INSERT_OUTCOME_AMOUNTS = """
INSERT INTO outcome_amounts
    (result_id, intent_id, block_number, block_hash, profit_token, actual_profit_raw, gas_cost_wei)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

EXECUTIONS = """
SELECT i.*, o.estimated_profit, o.metadata, r.executed_at, r.tx_hash AS result_tx_hash,
    r.actual_profit,
    r.gas_used, r.gas_cost_usd, r.execution_time_ms, a.result_id,
    a.block_number AS result_block_number, a.block_hash AS result_block_hash,
    a.profit_token AS result_profit_token, a.actual_profit_raw, a.gas_cost_wei,
    stamps.stages, stamps.instants
FROM intents i
JOIN arbitrage_opportunities o ON o.id = i.opportunity_id
LEFT JOIN outcome_amounts a ON a.intent_id = i.id
LEFT JOIN execution_results r ON r.id = a.result_id
CROSS JOIN LATERAL (
    SELECT array_agg(stage ORDER BY at_ns) AS stages, array_agg(at_ns ORDER BY at_ns) AS instants
    FROM intent_stamps WHERE intent_id = i.id
) AS stamps
"""

EXECUTIONS_OF_CHAIN = (
    EXECUTIONS + "WHERE i.chain_instance = $1 AND i.seq > $2 ORDER BY i.seq LIMIT $3"
)
EXECUTION_OF_INTENT = EXECUTIONS + "WHERE i.id = $1"

UNRESOLVED = """
SELECT * FROM intents
WHERE chain_instance = $1 AND sender = $2 AND state IN ('committed', 'broadcast')
ORDER BY nonce, seq
"""

SET_REJECTIONS = """
INSERT INTO rejections (chain_instance, writer, reason, count) VALUES ($1, $2, $3, $4)
ON CONFLICT (chain_instance, writer, reason)
DO UPDATE SET count = excluded.count, updated_at = now()
"""

REJECTIONS = """
SELECT reason, sum(count)::bigint AS count FROM rejections WHERE chain_instance = $1 GROUP BY reason
"""

COUNT_OPPORTUNITIES = "SELECT count(*) FROM opportunity_amounts WHERE chain_instance = $1"

TRY_LOCK = "SELECT pg_try_advisory_lock($1)"

LOCK_OWNER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.objid::bigint = $1 AND l.classid::bigint = $2
"""

LAST_INTENT = """
SELECT seq, writer FROM intents WHERE chain_instance = $1 AND sender = $2 ORDER BY seq DESC LIMIT 1
"""

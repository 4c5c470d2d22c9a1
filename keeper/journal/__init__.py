"""PostgreSQL: opportunities, intents, results and their migrations."""

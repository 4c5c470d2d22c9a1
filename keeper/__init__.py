"""The keeper: relay data in, routes out, outcomes to PostgreSQL. It never imports ape."""

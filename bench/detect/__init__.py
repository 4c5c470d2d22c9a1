"""Detection on a large market: latency, sizing, paths and baskets, beside their peers."""

"""The basket: the convex optimum over all pools at once."""

"""What detection is measured against, each in an environment of its own."""

"""The main job on the replica: every daemon as its users run it, then each row checked."""

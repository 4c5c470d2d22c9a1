"""Long paths: single cycles of 4 to 16 pools."""

"""How full the house is, and what somebody should look at."""

"""How spaces are used over time. Pure: changes in, intervals out."""

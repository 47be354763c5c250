"""The words of Kyoten: quantities, readings, commands, profiles, places and the clock. No I/O."""

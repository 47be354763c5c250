"""The state of each space, from what was heard. Pure: facts and a time in, a status out."""

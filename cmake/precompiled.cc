// Nothing: the target's headers are all that is wanted of it.

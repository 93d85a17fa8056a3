"""Two or more rankers in one list: how to mix them, credit them and tell which is preferred."""

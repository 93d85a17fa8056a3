"""Before a test and during it: how many units, how small an effect, how many days."""

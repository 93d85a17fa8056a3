"""The planner on the screen: what is asked in the address, answered by the server alone."""

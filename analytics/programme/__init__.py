"""All experiments together: how many win, how fast they come, what they brought, which collide."""

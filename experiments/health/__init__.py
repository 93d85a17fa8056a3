"""How the installation is: counts that have to agree, ages, checks with their fixes, alarms."""

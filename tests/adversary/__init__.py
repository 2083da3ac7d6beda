"""Hand-ins that were made to cheat or to do harm, as data: a table of attacks and what each must get."""

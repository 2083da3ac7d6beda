"""Finding a sheet's iteration tables: what each heading names, and which lines are iterations."""

"""What two submissions have in common that two students' own work has not."""

"""What every other part of edasat stands on: errors, files, processes, tasks, graphs. Imports no torch."""

"""The storm: real processes killed with SIGKILL while texts pour in, and the proof that nothing was lost or doubled."""

"""How documents leave: who has them already, in which coding, whole or as a difference."""

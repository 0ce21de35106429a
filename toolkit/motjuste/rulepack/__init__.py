"""What makes a pack into a program. Pure."""

"""What people read: text for the terminal."""

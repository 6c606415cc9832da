"""The conversation itself: pure, without Flask, SQL, Redis or a clock."""

"""The control-room desk: a web application and a process of its own."""

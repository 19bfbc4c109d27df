"""The control process: wires every part, and is the only place that knows them all."""

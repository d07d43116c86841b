"""Streams under faults: answers of an emulated provider are followed by clients that come back after every cut, while workers,
ingresses and both Redis servers are killed; at the end every character, tool call and memory is accounted for."""

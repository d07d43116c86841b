"""ops/chaos: kills and stops parts of a deployment of its own under load, and counts afterwards what became of each job."""

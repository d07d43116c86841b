"""ops/tenancy: many workspaces at work on one deployment at once, and a look for anything of one that reached another."""

-- Names that were freed, by what their owner looks like, and by when they were. A table a migration: who frees a name holds both.

create index reserved_names_folded_owner on reserved_names (folded_agent_name(owner));
create index reserved_names_left on reserved_names (reserved_at, owner, name);

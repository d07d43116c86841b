-- Periodic jobs: how far each schedule has come.

-- One row a schedule, for the whole fleet. It belongs to no tenant: schedules are part of the program, which also says
-- whose workspace their jobs are in, and only upkeep touches them. Rows are made by the workers that know the schedule; one
-- whose schedule is gone from the program is looked at by nobody.
-- Every tick up to last_tick is settled. A worker that wants to settle the next ones updates it from the value that it
-- saw, so that one of the fleet does. Expression and zone are what is in force, and may be changed here: workers
-- follow within seconds, until one starts that was built with another expression.
create table schedules (
  name text primary key check (length(name) between 1 and 100),
  expression text not null,
  zone text not null,
  enabled boolean not null default true,
  last_tick timestamptz not null
);
grant select, insert, update on schedules to mainstay_upkeep;

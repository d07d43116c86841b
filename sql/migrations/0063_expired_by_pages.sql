-- What has expired is deleted by pages, of which each worker takes rows that no other has in its hands. The release before this one deletes
-- as ever.

-- Upkeep locks the rows that it deletes, and locking needs the right to update; by the policy's check it changes none. In the order of
-- those who cancel a job: its key first.
create policy upkeep_lock on idempotency_keys for update to mainstay_upkeep using (true) with check (false);
grant update (created_at) on idempotency_keys to mainstay_upkeep;

-- Wishes by their age. There are few at any time.
create index job_cancellations_age on job_cancellations (requested_at);
create policy upkeep_lock on job_cancellations for update to mainstay_upkeep using (true) with check (false);
grant update (requested_at) on job_cancellations to mainstay_upkeep;

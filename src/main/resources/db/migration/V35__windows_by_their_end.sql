-- A booking read all windows of a scope, also those of the years before, and looked twice for those of a scope that has none. Runs outside of a transaction
-- (platform/database/Migrations), so that no booking waits for it; whatever step it stops at, it can be run again.
drop index concurrently if exists spend_total_window;
create index concurrently spend_total_window on spend_total (scope_kind, scope_id, period_end) where period <> 'lifetime';

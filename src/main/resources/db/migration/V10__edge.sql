-- First answers of calls with an Idempotency-Key, and what reading the audit trail needs.

-- Nothing here can be read without the caller's Idempotency-Key: the id and the fingerprint are keyed hashes, the answer is encrypted under a
-- key derived from it. See docs/decisions/0009.
create table idempotency_record
(
    record_id    text primary key,
    fingerprint  text        not null,
    status       smallint    not null,
    content_type text        not null,
    answer       bytea       not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null
);
create index idempotency_record_expiry on idempotency_record (expires_at);

-- One index for each question that may be asked of the trail, each in the order in which it is read.
drop index audit_log_newest;
create index audit_log_newest on audit_log (at desc, audit_id desc);
create index audit_log_of_organization on audit_log (organization_id, at desc, audit_id desc);
create index audit_log_of_actor on audit_log (coalesce(on_behalf_of, actor_user_id), at desc, audit_id desc);
create index audit_log_of_key on audit_log (actor_key_id, at desc, audit_id desc) where actor_key_id is not null;
create index audit_log_of_action on audit_log (action, at desc, audit_id desc);
create index audit_log_of_kind on audit_log (object_kind, at desc, audit_id desc);
create index audit_log_of_object_id on audit_log (object_id, at desc, audit_id desc);
create index audit_log_of_team on audit_log (coalesce(after_value ->> 'team_id', before_value ->> 'team_id'), at desc, audit_id desc);

-- What was written stays as it was written. Taking old entries away is an operator's deed, done knowingly:
-- begin; set local tenantry.audit_retention = 'on'; delete from audit_log where at < …; commit;
create function keep_audit_log() returns trigger
    language plpgsql as
$$
begin
    if tg_op = 'DELETE' and current_setting('tenantry.audit_retention', true) = 'on' then
        return old;
    end if;
    raise exception 'audit_log is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_log_stays before update or delete on audit_log for each row execute function keep_audit_log();
create trigger audit_log_is_not_emptied before truncate on audit_log for each statement execute function keep_audit_log();

-- The trail names a key by its id; who asks by the hash of one that was deleted must find it.
create index if not exists deleted_api_key_by_hash on deleted_api_key (secret_hash);

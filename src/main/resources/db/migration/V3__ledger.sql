-- The ledger and what is derived from it in the same transaction.

create table usage_event
(
    -- The UTC day of the admission. A repeated settlement carries the same one, so the key below catches it.
    day             date        not null,
    request_id      text        not null check (length(request_id) between 1 and 255),
    key_id          uuid        not null,
    -- SHA-256 of the secret that was used; names are kept as they were, reports stay true after deletes.
    api_key         text        not null,
    key_alias       text,
    user_id         text,
    team_id         text,
    team_alias      text,
    organization_id text,
    end_user        text,
    model           text        not null,
    provider        text        not null default '',
    input_tokens    bigint      not null check (input_tokens >= 0),
    output_tokens   bigint      not null check (output_tokens >= 0),
    total_tokens    bigint      not null check (total_tokens >= 0),
    cost_nano       bigint      not null,
    status          text        not null check (status in ('success', 'failure')),
    -- At least this much was used; the stream broke off.
    partial         boolean     not null default false,
    tags            text[]      not null default '{}',
    admitted_at     timestamptz not null,
    settled_at      timestamptz not null default now(),
    primary key (request_id, day)
) partition by range (day);
create index usage_event_of_key on usage_event (key_id, admitted_at desc);
create index usage_event_of_user on usage_event (user_id, admitted_at desc) where user_id is not null;
create index usage_event_of_team on usage_event (team_id, admitted_at desc) where team_id is not null;
create index usage_event_of_organization on usage_event (organization_id, admitted_at desc) where organization_id is not null;

-- Takes what falls outside the days made ahead, so that a booking never fails for want of a partition.
create table usage_event_default partition of usage_event default;

-- Makes one partition a day. Safe to run from several instances at once; each waits for the lock and finds the work done.
create function ensure_usage_partitions(first_day date, last_day date) returns void
    language plpgsql as
$$
declare
    d    date := first_day;
    name text;
begin
    perform pg_advisory_xact_lock(hashtext('ensure_usage_partitions'));
    while d <= last_day
        loop
            name := 'usage_event_' || to_char(d, 'YYYYMMDD');
            if to_regclass(name) is null and not exists (select from usage_event_default where day = d) then
                execute format('create table %I partition of usage_event for values from (%L) to (%L)', name, d, d + 1);
            end if;
            d := d + 1;
        end loop;
end
$$;
select ensure_usage_partitions(current_date - 1, current_date + 7);

-- One row per scope and period, kept for ever. The lifetime row of a scope is also its lock: it is updated first by every
-- booking, so whoever holds it sees all bookings of the scope or none of a later one. See docs/decisions/0003.
create table spend_total
(
    scope_kind    text        not null check (scope_kind in ('key', 'team_member', 'user', 'team', 'organization_member', 'organization')),
    scope_id      text        not null,
    period        text        not null,
    period_start  timestamptz not null,
    period_end    timestamptz not null,
    spend_nano    bigint      not null default 0,
    requests      bigint      not null default 0,
    input_tokens  bigint      not null default 0,
    output_tokens bigint      not null default 0,
    primary key (scope_kind, scope_id, period, period_start),
    check (period_start < period_end)
) with (fillfactor = 70);

create table daily_usage
(
    day             date   not null,
    organization_id text   not null,
    team_id         text   not null,
    user_id         text   not null,
    key_id          text   not null,
    model           text   not null,
    provider        text   not null,
    -- '' counts every request once; a named tag counts the requests that carried it.
    tag             text   not null,
    requests        bigint not null default 0,
    failed_requests bigint not null default 0,
    input_tokens    bigint not null default 0,
    output_tokens   bigint not null default 0,
    spend_nano      bigint not null default 0,
    primary key (day, organization_id, team_id, user_id, key_id, model, provider, tag)
) with (fillfactor = 70);
create index daily_usage_of_organization on daily_usage (organization_id, day);
create index daily_usage_of_team on daily_usage (team_id, day);
create index daily_usage_of_user on daily_usage (user_id, day);
create index daily_usage_of_key on daily_usage (key_id, day);

-- Users: what their requests may be, and the orders in which they are listed.
-- The columns have no default, so the table is not rewritten; the checks look at new rows only, since the old ones are null.

alter table app_user
    add column allowed_model_region            text,
    add column allowed_model_max_input_tokens  bigint,
    add column allowed_model_max_output_tokens bigint;
alter table app_user
    add constraint app_user_request_limits check (allowed_model_max_input_tokens >= 0 and allowed_model_max_output_tokens >= 0) not valid;

-- One index for each order of the list, forwards and backwards. Writing users waits while they are made: seconds at a million users.
create index app_user_newest on app_user (created_at, user_id);
create index app_user_by_alias on app_user (user_alias, user_id);
create index app_user_by_role on app_user (user_role, created_at, user_id);

-- A part of an id or an address is found by its trigrams. Where the extension may not be installed, the search scans the table.
do
$$
    begin
        create extension if not exists pg_trgm;
        create index app_user_part_of_id on app_user using gin (lower(user_id) gin_trgm_ops);
        create index app_user_part_of_email on app_user using gin (lower(user_email) gin_trgm_ops);
    exception
        when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
            raise notice 'pg_trgm is not available: searches for a part of an id or address scan all users';
    end
$$;

-- Organizations, teams, users, memberships, keys, budgets.
-- Money is whole nano-dollars (billionths of a US dollar) in bigint columns: exact, and good for nine billion dollars.
-- Absent limits are null (no limit); zero means that nothing is allowed.

-- One counter for all changes. A row that takes a later number was changed later, also after it was deleted and made again
-- under the same id, so a cached policy can be compared by the number alone. See docs/decisions/0002.
create sequence change_version;

create table budget
(
    budget_id             text primary key check (length(budget_id) between 1 and 255),
    -- Both null: shared by its id. Both set: private to that one object and deleted with it.
    owner_kind            text check (owner_kind in ('organization', 'organization_member', 'team_member', 'team_member_default', 'key')),
    owner_id              text,
    max_budget_nano       bigint check (max_budget_nano >= 0),
    soft_budget_nano      bigint check (soft_budget_nano >= 0),
    budget_duration       text,
    tpm_limit             bigint check (tpm_limit >= 0),
    rpm_limit             bigint check (rpm_limit >= 0),
    max_parallel_requests integer check (max_parallel_requests >= 0),
    version               bigint      not null default nextval('change_version'),
    created_at            timestamptz not null default now(),
    created_by            text        not null,
    updated_at            timestamptz not null default now(),
    updated_by            text        not null,
    check ((owner_kind is null) = (owner_id is null))
);

create table object_permission
(
    object_permission_id text primary key,
    mcp_servers          text[],
    mcp_access_groups    text[],
    mcp_tool_permissions jsonb,
    vector_stores        text[],
    agents               text[],
    agent_access_groups  text[],
    version              bigint      not null default nextval('change_version'),
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now()
);

create table organization
(
    organization_id      text primary key check (length(organization_id) between 1 and 255),
    organization_alias   text        not null,
    models               text[]      not null default '{}',
    budget_id            text        not null references budget (budget_id),
    model_rpm_limit      jsonb       not null default '{}',
    model_tpm_limit      jsonb       not null default '{}',
    tags                 text[]      not null default '{}',
    blocked              boolean     not null default false,
    metadata             jsonb       not null default '{}',
    object_permission_id text references object_permission (object_permission_id),
    version              bigint      not null default nextval('change_version'),
    created_at           timestamptz not null default now(),
    created_by           text        not null,
    updated_at           timestamptz not null default now(),
    updated_by           text        not null
);
create index organization_newest on organization (created_at desc, organization_id);
create index organization_budget on organization (budget_id);
create index organization_permission on organization (object_permission_id) where object_permission_id is not null;

create table team
(
    team_id               text primary key check (length(team_id) between 1 and 255),
    team_alias            text,
    organization_id       text references organization (organization_id),
    models                text[]      not null default '{}',
    max_budget_nano       bigint check (max_budget_nano >= 0),
    soft_budget_nano      bigint check (soft_budget_nano >= 0),
    budget_duration       text,
    tpm_limit             bigint check (tpm_limit >= 0),
    rpm_limit             bigint check (rpm_limit >= 0),
    max_parallel_requests integer check (max_parallel_requests >= 0),
    model_rpm_limit       jsonb       not null default '{}',
    model_tpm_limit       jsonb       not null default '{}',
    model_aliases         jsonb       not null default '{}',
    guardrails            text[]      not null default '{}',
    tags                  text[]      not null default '{}',
    blocked               boolean     not null default false,
    -- What a member without an own budget gets.
    member_budget_id      text references budget (budget_id),
    member_permissions    text[]      not null default '{}',
    metadata              jsonb       not null default '{}',
    object_permission_id  text references object_permission (object_permission_id),
    version               bigint      not null default nextval('change_version'),
    created_at            timestamptz not null default now(),
    created_by            text        not null,
    updated_at            timestamptz not null default now(),
    updated_by            text        not null
);
create index team_of_organization on team (organization_id, created_at desc, team_id);
create index team_newest on team (created_at desc, team_id);
create index team_member_budget on team (member_budget_id) where member_budget_id is not null;
create index team_permission on team (object_permission_id) where object_permission_id is not null;

create table app_user
(
    user_id               text primary key check (length(user_id) between 1 and 255),
    user_email            text,
    user_alias            text,
    sso_user_id           text unique,
    user_role             text check (user_role in ('proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer')),
    models                text[]      not null default '{}',
    max_budget_nano       bigint check (max_budget_nano >= 0),
    soft_budget_nano      bigint check (soft_budget_nano >= 0),
    budget_duration       text,
    tpm_limit             bigint check (tpm_limit >= 0),
    rpm_limit             bigint check (rpm_limit >= 0),
    max_parallel_requests integer check (max_parallel_requests >= 0),
    blocked               boolean     not null default false,
    metadata              jsonb       not null default '{}',
    object_permission_id  text references object_permission (object_permission_id),
    version               bigint      not null default nextval('change_version'),
    created_at            timestamptz not null default now(),
    created_by            text        not null,
    updated_at            timestamptz not null default now(),
    updated_by            text        not null
);
create unique index app_user_email on app_user (lower(user_email));
create index app_user_permission on app_user (object_permission_id) where object_permission_id is not null;

create table organization_membership
(
    organization_id text        not null references organization (organization_id),
    user_id         text        not null references app_user (user_id),
    user_role       text        not null check (user_role in ('org_admin', 'internal_user', 'internal_user_viewer')),
    budget_id       text references budget (budget_id),
    version         bigint      not null default nextval('change_version'),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (organization_id, user_id)
);
create index organization_membership_of_user on organization_membership (user_id, organization_id);
create index organization_membership_budget on organization_membership (budget_id) where budget_id is not null;

create table team_membership
(
    team_id    text        not null references team (team_id),
    user_id    text        not null references app_user (user_id),
    role       text        not null check (role in ('admin', 'user')),
    -- Null: the member follows the team's default.
    budget_id  text references budget (budget_id),
    models     text[]      not null default '{}',
    version    bigint      not null default nextval('change_version'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (team_id, user_id)
);
create index team_membership_of_user on team_membership (user_id, team_id);
create index team_membership_budget on team_membership (budget_id) where budget_id is not null;

create table api_key
(
    -- The identity. The secret is only a credential of it and can be exchanged.
    key_id                uuid primary key,
    secret_hash           text        not null unique check (secret_hash ~ '^[0-9a-f]{64}$'),
    key_name              text        not null,
    key_alias             text,
    key_type              text        not null default 'default' check (key_type in ('default', 'llm_api', 'management', 'read_only', 'gateway')),
    user_id               text references app_user (user_id),
    team_id               text references team (team_id),
    organization_id       text references organization (organization_id),
    budget_id             text references budget (budget_id),
    models                text[]      not null default '{}',
    aliases               jsonb       not null default '{}',
    max_budget_nano       bigint check (max_budget_nano >= 0),
    soft_budget_nano      bigint check (soft_budget_nano >= 0),
    budget_duration       text,
    tpm_limit             bigint check (tpm_limit >= 0),
    rpm_limit             bigint check (rpm_limit >= 0),
    max_parallel_requests integer check (max_parallel_requests >= 0),
    model_rpm_limit       jsonb       not null default '{}',
    model_tpm_limit       jsonb       not null default '{}',
    allowed_routes        text[]      not null default '{}',
    guardrails            text[]      not null default '{}',
    tags                  text[]      not null default '{}',
    blocked               boolean     not null default false,
    expires_at            timestamptz,
    metadata              jsonb       not null default '{}',
    object_permission_id  text references object_permission (object_permission_id),
    version               bigint      not null default nextval('change_version'),
    created_at            timestamptz not null default now(),
    created_by            text        not null,
    updated_at            timestamptz not null default now(),
    updated_by            text        not null
);
-- An alias is unique for its owner: a name that another tenant took says nothing and is free here.
create unique index api_key_alias on api_key (coalesce(team_id, organization_id, user_id, ''), key_alias) where key_alias is not null;
-- The same name in several tenants: lists filtered and deletes named by alias start here.
create index api_key_by_alias on api_key (key_alias, key_id) where key_alias is not null;
create index api_key_newest on api_key (created_at desc, key_id);
create index api_key_of_team on api_key (team_id, created_at desc, key_id);
create index api_key_of_user on api_key (user_id, created_at desc, key_id);
create index api_key_of_organization on api_key (organization_id, created_at desc, key_id);
create index api_key_budget on api_key (budget_id) where budget_id is not null;
create index api_key_permission on api_key (object_permission_id) where object_permission_id is not null;

-- Whose a deleted key was: a settlement that arrives later is still booked to its owner.
create table deleted_api_key
(
    key_id          uuid primary key,
    secret_hash     text        not null,
    key_name        text        not null,
    key_alias       text,
    user_id         text,
    team_id         text,
    organization_id text,
    deleted_at      timestamptz not null default now(),
    deleted_by      text        not null
);

create table audit_log
(
    audit_id        uuid primary key     default gen_random_uuid(),
    at              timestamptz not null default now(),
    actor_user_id   text        not null,
    actor_key_id    text,
    on_behalf_of    text,
    action          text        not null check (action in ('created', 'updated', 'deleted', 'blocked', 'unblocked', 'rotated')),
    object_kind     text        not null,
    object_id       text        not null,
    organization_id text,
    before_value    jsonb,
    after_value     jsonb
);
create index audit_log_newest on audit_log (at desc, audit_id);
create index audit_log_of_object on audit_log (object_kind, object_id, at desc);

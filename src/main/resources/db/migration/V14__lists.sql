-- Searching a part of a team's id or alias, or of an organization's alias, reads an index where the database has trigrams, and the table where it
-- has not. Writing teams and organizations waits while the indexes are made: seconds at a hundred thousand teams.
do
$$
    begin
        create extension if not exists pg_trgm;
        create index team_part_of_alias on team using gin (lower(team_alias) gin_trgm_ops);
        create index team_part_of_id on team using gin (lower(team_id) gin_trgm_ops);
        create index organization_part_of_alias on organization using gin (lower(organization_alias) gin_trgm_ops);
    exception
        when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
            raise notice 'pg_trgm is not available: searches for a part of an alias scan all teams or organizations';
    end
$$;

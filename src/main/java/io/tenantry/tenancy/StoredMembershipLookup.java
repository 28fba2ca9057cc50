package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.MembershipLookup;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** Reads all roles of a user in one statement. */
@ApplicationScoped
class StoredMembershipLookup implements MembershipLookup {

    // An organization that lets its members make keys does so in the teams they belong to, in no other.
    private static final String OF_USER = """
            select 'organization' as kind, m.organization_id as id, m.user_role as role,
                   case when o.members_may_create_teams and m.user_role = 'internal_user'
                        then '{/team/new}'::text[] else '{}' end as permissions
            from organization_membership m join organization o using (organization_id) where m.user_id = $1
            union all
            select 'team', m.team_id, m.role,
                   case when o.members_may_create_keys then t.member_permissions || '/key/generate'::text
                        else t.member_permissions end
            from team_membership m join team t using (team_id) left join organization o using (organization_id)
            where m.user_id = $1""";

    private final Pool pool;

    StoredMembershipLookup(Pool pool) {
        this.pool = pool;
    }

    @Override
    public Uni<Memberships> of(String userId) {
        return pool.preparedQuery(OF_USER).execute(Tuple.of(userId)).map(StoredMembershipLookup::memberships);
    }

    private static Memberships memberships(RowSet<Row> rows) {
        var organizations = new ArrayList<InOrganization>();
        var teams = new ArrayList<InTeam>();
        for (var row : rows) {
            if ("organization".equals(row.getString("kind"))) {
                organizations.add(new InOrganization(
                        row.getString("id"), row.getString("role"), List.of(row.getArrayOfStrings("permissions"))));
            } else {
                teams.add(new InTeam(
                        row.getString("id"), row.getString("role"), List.of(row.getArrayOfStrings("permissions"))));
            }
        }
        return new Memberships(organizations, teams);
    }
}

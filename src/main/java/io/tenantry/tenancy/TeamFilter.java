package io.tenantry.tenancy;

import io.tenantry.core.Paging;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Totals;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A search for teams. It begins with the caller's boundary, so none can be made without one. */
final class TeamFilter {

    private static final String COLUMNS = "select t.team_id, t.team_alias, t.created_at from team t where ";

    // Two ranges that have no team in common. An index has the first in the order of the list, place by place; the
    // second are few.
    private static final String WITHIN = """
            ((select t.* from unnest(cast(:organizations as text[])) as place (id)
              cross join lateral (%1$s t.organization_id = place.id and %2$s%3$s) t)
             union all
             (%1$s t.team_id = any(:teams) and (t.organization_id = any(:organizations)) is not true and %2$s%3$s)) t""";

    private final StringBuilder where = new StringBuilder("true");
    private final Map<String, Object> values = new TreeMap<>();
    private boolean inRanges;
    private boolean searchesPart;
    private boolean beginsAtPlace;

    private TeamFilter() {}

    static TeamFilter of(Scope scope, TeamPageQuery query) {
        var filter = new TeamFilter();
        filter.within(scope, query);
        if (query.userId() != null) {
            filter.and(
                    "t.team_id = any(array(select m.team_id from team_membership m where m.user_id = :member))",
                    "member",
                    query.userId());
        }
        if (TeamRepository.NO_ORGANIZATION.equals(query.organizationId())) {
            filter.and("t.organization_id is null");
        } else if (query.organizationId() != null) {
            filter.and("t.organization_id = :organization", "organization", query.organizationId());
        }
        if (query.teamId() != null) {
            filter.and("t.team_id = :team", "team", query.teamId());
        }
        filter.named(query);
        return filter;
    }

    private void within(Scope scope, TeamPageQuery query) {
        var boundary = scope.boundary();
        if (boundary.everything() || boundary.holdsOrganization(query.organizationId())) {
            return;
        }
        values.put("organizations", TeamRepository.texts(boundary.organizations()));
        values.put("teams", TeamRepository.texts(boundary.teams()));
        // what names one user, team or organization is found by that
        inRanges = query.userId() == null && query.teamId() == null && query.organizationId() == null;
        if (!inRanges) {
            and("(t.organization_id = any(:organizations) or t.team_id = any(:teams))");
        }
    }

    /** Written as the indexes of parts are. */
    private void named(TeamPageQuery query) {
        searchesPart = query.aliasPart() != null || query.idPart() != null || query.search() != null;
        if (query.aliasPart() != null) {
            and("lower(t.team_alias) like lower(:alias)", "alias", UserFilter.part(query.aliasPart()));
        }
        if (query.idPart() != null) {
            and("lower(t.team_id) like lower(:idPart)", "idPart", UserFilter.part(query.idPart()));
        }
        if (query.search() != null) {
            and(
                    query.searchPrefix()
                            ? "(lower(t.team_id) like lower(:part) and starts_with(t.team_id, :search) or lower(t.team_alias) like lower(:part))"
                            : "(t.team_id = :search or lower(t.team_alias) like lower(:part))",
                    "search",
                    query.search());
            values.put("part", UserFilter.part(query.search()));
        }
    }

    private void and(String condition) {
        where.append(" and ").append(condition);
    }

    private void and(String condition, String name, Object value) {
        and(condition);
        values.put(name, value);
    }

    /** Only what comes after this place, which takes the place of an offset. Has to be the last condition: it is no part of what is counted. */
    void after(Keyset order, List<Object> place) {
        and(order.after(place, value -> {
            var name = "place" + values.size();
            values.put(name, value);
            return ":" + name;
        }));
        beginsAtPlace = true;
    }

    /** Ids first, which indexes hold: the teams of the pages before are skipped without reading their rows. */
    String pageSql(TeamPageQuery query) {
        var order = " order by " + query.order().orderBy();
        int offset = beginsAtPlace ? 0 : query.offset();
        return "select t.* from (select t.team_id from " + source(order + " limit " + (offset + query.size())) + order
                + " limit " + query.size() + " offset " + offset
                + ") found join team t on t.team_id = found.team_id" + order;
    }

    /** How many teams there are, as far as totals go. */
    String countSql() {
        return Totals.sql("from " + source(""), searchesPart ? Totals.MOST_FOUND : Paging.DEEPEST_ROW);
    }

    private String source(String end) {
        return inRanges ? WITHIN.formatted(COLUMNS, where, end) : "team t where " + where;
    }

    Map<String, Object> values() {
        return new TreeMap<>(values);
    }
}

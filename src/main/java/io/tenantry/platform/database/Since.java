package io.tenantry.platform.database;

/**
 * Since when something is there, as part of a statement. Ids can be used again, and history is kept by id: who reads the history of what he has now is
 * shown none from before, which was somebody else's.
 */
public final class Since {

    // The trail has the moment by the database's own clock, which also dates what is compared with it; the row has it
    // by
    // the clock of the instance that made it. The minute is for how far these may be apart, and keeps the look-up
    // short.
    private static final String SQL = """
            (select coalesce((select max(c.at) from audit_log c
                              where c.object_kind = '%1$s' and c.object_id = p.%2$s and c.action = 'created'
                                and c.at between p.created_at - interval '1 minute' and p.created_at + interval '1 minute'), p.created_at)
             from %3$s p where p.%2$s = %4$s)""";

    private Since() {}

    /**
     * The moment at which the present organization of an id was made; null where there is none.
     *
     * @param id the id's parameter or column
     */
    public static String organization(String id) {
        return SQL.formatted("organization", "organization_id", "organization", id);
    }

    /** The same of a team. */
    public static String team(String id) {
        return SQL.formatted("team", "team_id", "team", id);
    }

    /** The same of a user. */
    public static String user(String id) {
        return SQL.formatted("user", "user_id", "app_user", id);
    }
}

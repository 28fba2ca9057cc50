package io.tenantry.tenancy;

import io.tenantry.core.Paging;

/**
 * Which organizations a list shows.
 *
 * @param id    null for any
 * @param alias a part of the alias, in any case; null for any
 */
record OrganizationQuery(String id, String alias, int page, int size) {

    /** The largest page, and the only one for clients that know of no pages. */
    static final int MOST = 1_000;

    private static final int LAST_PAGE = 1_000_000;

    /** From what a client sent; an empty criterion is none. */
    static OrganizationQuery of(String id, String alias, String page, String pageSize) {
        int number = QueryNumbers.within("page", page, 1, LAST_PAGE);
        int size = QueryNumbers.within("page_size", pageSize, MOST, MOST);
        Paging.requireReachable(number, size, "search by org_alias");
        return new OrganizationQuery(present(id), present(alias), number, size);
    }

    long skipped() {
        return Paging.skipped(page, size);
    }

    private static String present(String criterion) {
        return criterion == null || criterion.isBlank() ? null : criterion;
    }
}

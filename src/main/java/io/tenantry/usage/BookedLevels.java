package io.tenantry.usage;

import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.KeyOwner;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.limits.engine.Charge;
import io.tenantry.usage.Booked.TotalKey;
import io.tenantry.usage.UsageEvent.Window;
import java.util.ArrayList;
import java.util.List;

/** The totals that a use goes into: the lifetime of every level on its way up, and each window that a budget had. */
final class BookedLevels {

    private BookedLevels() {}

    static List<Window> of(AdmissionRecord record) {
        var windows = lifetimes(record.owner(), record.endUser(), record.tags());
        for (var part : record.elsewhere()) {
            if (part.root().kind() == ResourceKind.GLOBAL) {
                add(windows, ResourceKind.GLOBAL, part.root().id());
            }
        }
        // What has just moved is charged under several roots and asked under one: there it is counted once.
        for (var charge : record.allCharges()) {
            if (charge instanceof Charge.Budget budget && budget.isAsked()) {
                addWindow(windows, budget);
            }
        }
        return windows;
    }

    /** Lifetimes are there already, but for those of single models. Totals are wanted of what has a budget. */
    private static void addWindow(List<Window> windows, Charge.Budget budget) {
        var window = budget.window();
        var key = TotalKey.of(budget);
        if (!window.equals(BudgetPeriod.LIFETIME) || budget.limit().model() != null) {
            windows.add(new Window(key.kind(), key.id(), window.period(), window.start(), window.end(), true));
        } else {
            windows.replaceAll(lifetime -> isOf(key, lifetime) ? lifetime.asWanted() : lifetime);
        }
    }

    private static boolean isOf(TotalKey key, Window lifetime) {
        return lifetime.period() == null
                && lifetime.kind().equals(key.kind())
                && lifetime.id().equals(key.id());
    }

    /** Levels that the owner does not have are left out; without a key it is what an adjustment of that level goes into. */
    static List<Window> lifetimes(KeyOwner owner, String endUser, List<String> tags) {
        var windows = new ArrayList<Window>();
        if (owner.keyId() != null) {
            add(windows, ResourceKind.KEY, owner.keyId().toString());
        }
        if (owner.userId() != null) {
            add(windows, ResourceKind.USER, owner.userId());
        }
        if (owner.teamId() != null) {
            add(windows, ResourceKind.TEAM, owner.teamId());
        }
        if (owner.organizationId() != null) {
            add(windows, ResourceKind.ORGANIZATION, owner.organizationId());
        }
        if (owner.userId() != null && owner.teamId() != null) {
            addMember(windows, ResourceKind.TEAM_MEMBER, owner.teamId(), owner.userId());
        }
        if (owner.userId() != null && owner.organizationId() != null) {
            addMember(windows, ResourceKind.ORGANIZATION_MEMBER, owner.organizationId(), owner.userId());
        }
        if (endUser != null) {
            add(windows, ResourceKind.END_USER, endUser);
        }
        tags.stream().distinct().forEach(tag -> add(windows, ResourceKind.TAG, tag));
        return windows;
    }

    private static void addMember(List<Window> windows, ResourceKind kind, String outerId, String userId) {
        add(windows, kind, ResourceRef.member(kind, outerId, userId).id());
    }

    private static void add(List<Window> windows, ResourceKind kind, String id) {
        windows.add(new Window(kind.label, id, null, null, null, false));
    }
}

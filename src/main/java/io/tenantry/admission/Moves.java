package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a key's limits lived before it, or its team, came to the present root: what was open at the move is held there, and whoever settles it tells it
 * there. So for some time the limits that moved are charged at every root that was left as well. Of these the first knows of everything that is open, and
 * its budgets are the ones that are asked; at the others budgets are only held, so that each knows of everything when its turn comes. Rates and slots are
 * asked everywhere. Whose turn it is each instance reads from its own clock: so each holds wherever another one may ask by now.
 * ({@code docs/decisions/0031-limits-that-move.md})
 */
final class Moves {

    /** The clocks of two instances differ by less. */
    static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    static final Moves NONE = new Moves(null, List.of());

    /**
     * A root that was left.
     *
     * @param scope team: with its members and its keys
     * @param until what was open there has ended
     */
    record Left(ResourceKind scope, TenantRoot root, Instant until) {}

    private final TenantRoot present;
    private final List<Left> ofKey = new ArrayList<>();
    private final List<Left> ofTeam = new ArrayList<>();

    private Moves(TenantRoot present, List<Left> left) {
        this.present = present;
        left.forEach(this::add);
    }

    /** @param left of the key and of its team, in the order in which they were left */
    static Moves to(TenantRoot present, List<Left> left) {
        return left.isEmpty() ? NONE : new Moves(present, left);
    }

    /** Where its team had been before the key came is nothing to the key. */
    private void add(Left left) {
        if (left.scope() == ResourceKind.TEAM) {
            ofTeam.add(left);
        } else {
            ofKey.removeIf(before -> before.scope() == ResourceKind.TEAM);
        }
        ofKey.add(left);
    }

    boolean areNone() {
        return ofKey.isEmpty() && ofTeam.isEmpty();
    }

    /** Other levels stay where they are: whoever moves comes under those of another organization. */
    private List<Left> of(ResourceKind scope) {
        return switch (scope) {
            case KEY -> ofKey;
            case TEAM, TEAM_MEMBER -> ofTeam;
            default -> List.of();
        };
    }

    /** What a level is charged at the present root. */
    void addCharges(List<Charge> charges, ScopeLimits level, Ask ask) {
        addCharges(charges, level, present, ask);
    }

    /** What the levels are charged at the roots that were left. */
    void addParts(List<AdmissionRecord.Part> parts, List<ScopeLimits> levels, Ask ask) {
        var byRoot = new LinkedHashMap<TenantRoot, List<Charge>>();
        for (var level : levels) {
            for (var root : left(level.scope(), ask.now())) {
                addCharges(byRoot.computeIfAbsent(root, added -> new ArrayList<>()), level, root, ask);
            }
        }
        byRoot.values().removeIf(List::isEmpty);
        byRoot.forEach((root, charges) -> add(parts, root, charges));
    }

    /** One reservation a root: a key that has become a team's comes from its user, whose own limits stay there. */
    private static void add(List<AdmissionRecord.Part> parts, TenantRoot root, List<Charge> charges) {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).root().equals(root)) {
                charges.addAll(parts.get(i).charges());
                parts.set(i, new AdmissionRecord.Part(root, charges));
                return;
            }
        }
        parts.add(new AdmissionRecord.Part(root, charges));
    }

    private void addCharges(List<Charge> charges, ScopeLimits level, TenantRoot root, Ask ask) {
        int first = charges.size();
        level.addCharges(charges, ask);
        if (!asked(level.scope(), ask.now()).equals(root)) {
            boolean byOthers = askedAround(level.scope(), ask.now()).contains(root);
            charges.subList(first, charges.size()).replaceAll(charge -> onlyHeld(charge, byOthers));
        }
    }

    private static Charge onlyHeld(Charge charge, boolean askedByOthers) {
        if (charge instanceof Charge.Budget budget) {
            return askedByOthers ? budget.askedByOthers() : budget.unasked();
        }
        return charge;
    }

    private TenantRoot asked(ResourceKind scope, Instant now) {
        for (var left : of(scope)) {
            if (left.until().isAfter(now)) {
                return left.root();
            }
        }
        return present;
    }

    /** The roots that are asked at some time that is now by the clock of another instance. */
    private Set<TenantRoot> askedAround(ResourceKind scope, Instant now) {
        var roots = new HashSet<TenantRoot>();
        roots.add(asked(scope, now.minus(CLOCKS_DIFFER)));
        for (var left : of(scope)) {
            if (isAround(left.until(), now)) {
                roots.add(asked(scope, left.until()));
            }
        }
        return roots;
    }

    private static boolean isAround(Instant at, Instant now) {
        return Duration.between(at, now).abs().compareTo(CLOCKS_DIFFER) <= 0;
    }

    private Set<TenantRoot> left(ResourceKind scope, Instant now) {
        var roots = new LinkedHashSet<TenantRoot>();
        for (var left : of(scope)) {
            if (left.until().plus(CLOCKS_DIFFER).isAfter(now) && !left.root().equals(present)) {
                roots.add(left.root());
            }
        }
        return roots;
    }

    /** Each limit once: as it stands where least is left of it. What is only held is not told. */
    List<Standing> toldOnce(List<Standing> standings) {
        if (areNone()) {
            return standings;
        }
        var told = new LinkedHashMap<Object, Standing>();
        for (var standing : standings) {
            if (standing.charge().isAsked()) {
                told.merge(identity(standing.charge()), standing, Moves::tighter);
            }
        }
        return told.values().stream().sorted(LimitedScope.MOST_SPECIFIC_FIRST).toList();
    }

    private static Object identity(Charge charge) {
        return charge instanceof Charge.Budget budget ? List.of(charge.limit(), budget.window()) : charge.limit();
    }

    private static Standing tighter(Standing one, Standing other) {
        return other.remaining() < one.remaining() ? other : one;
    }
}

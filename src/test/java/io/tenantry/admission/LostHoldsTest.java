package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.InMemoryLimitStore;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.platform.redis.TenantRoot;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What happens to an admission while its hold is put back. */
class LostHoldsTest {

    private static final Duration LEASE = Duration.ofMinutes(15);
    private static final Duration MEMORY = Duration.ofMinutes(15);
    private static final UUID KEY = UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10");
    private static final TenantRoot ROOT = new TenantRoot(ResourceKind.ORGANIZATION, "acme");
    private static final TenantRoot CUSTOMER = new TenantRoot(ResourceKind.END_USER, "customer");
    private static final KeyOwner OWNER = new KeyOwner(KEY, "hash", null, null, null, null, "acme");

    private final OpenAdmission.Kinds kinds = new OpenAdmission.Kinds();
    private final RecentAdmissions own = new RecentAdmissions(100);
    private final InMemoryLimitStore store =
            new InMemoryLimitStore(() -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()), 100);
    private final List<AdmissionId> lookedUp = new ArrayList<>();
    private Runnable onRestored = () -> {};
    private final LostHolds lost = new LostHolds(own, interrupted(store), ids -> settledOf(ids), LEASE, MEMORY);

    @Test
    void what_is_released_while_its_hold_is_put_back_may_come_back() {
        var record = remembered("released", Instant.now().plus(LEASE));
        onRestored = () -> own.end(record.id().text(), OpenAdmission.End.RELEASED);

        putBack();

        assertThat(await(store.reserve(reservation(record)))).isInstanceOf(ReserveResult.Taken.class);
    }

    @Test
    void what_is_settled_while_its_hold_is_put_back_holds_nothing_and_does_not_come_back() {
        var record = remembered("settled", Instant.now().plus(LEASE));
        onRestored = () -> own.end(record.id().text(), OpenAdmission.End.SETTLED);

        putBack();

        assertThat(await(store.reserve(reservation(record))))
                .isInstanceOfSatisfying(ReserveResult.Repeated.class, first -> assertThat(first.open())
                        .isFalse());
        assertThat(slotsTaken()).isZero();
    }

    @Test
    void a_lease_that_is_renewed_while_its_hold_is_put_back_is_held_until_its_new_end() {
        var record = remembered("renewed", Instant.now().plusSeconds(60));
        var renewed = Instant.now().plus(LEASE).truncatedTo(ChronoUnit.MICROS);
        onRestored = () -> own.renew(record.id().text(), renewed);

        putBack();

        assertThat(await(store.remembered(ROOT, record.id().holdId())).expiresAt())
                .isAfterOrEqualTo(renewed);
        own.end(record.id().text(), OpenAdmission.End.SETTLED);
        assertThat(own.find(record.id().text())).isNull();
    }

    @Test
    void the_ledger_is_asked_only_for_what_is_open_under_the_lost_roots() {
        var here = remembered("here", Instant.now().plus(LEASE));
        var customers = remember(record("customers", new TenantRoot(ResourceKind.TEAM, "other"), true), LEASE);
        remember(record("elsewhere", new TenantRoot(ResourceKind.TEAM, "other"), false), LEASE);
        remembered("lapsed", Instant.now().minusSeconds(1));

        await(lost.putBack(root -> root.equals(ROOT) || root.equals(CUSTOMER)));

        assertThat(lookedUp).containsExactlyInAnyOrder(here.id(), customers.id());
    }

    @Test
    void what_began_before_a_loss_was_seen_may_have_been_lost_with_it() {
        var before = Instant.now();
        assertThat(lost.mayHaveLost(before)).isFalse();

        putBack();

        assertThat(lost.mayHaveLost(before)).isTrue();
        assertThat(lost.mayHaveLost(Instant.now().plusSeconds(1))).isFalse();
    }

    private void putBack() {
        await(lost.putBack(ROOT::equals));
    }

    private Uni<Set<AdmissionId>> settledOf(List<AdmissionId> ids) {
        lookedUp.addAll(ids);
        return Uni.createFrom().item(Set.of());
    }

    /** The same store, in which something happens as soon as a hold is there again. */
    private LimitStore interrupted(LimitStore store) {
        return (LimitStore) Proxy.newProxyInstance(
                LimitStore.class.getClassLoader(), new Class<?>[] {LimitStore.class}, (proxy, method, args) -> {
                    var answer = call(store, method, args);
                    return method.getName().equals("restore")
                            ? ((Uni<?>) answer).invoke(() -> onRestored.run())
                            : answer;
                });
    }

    private static Object call(LimitStore store, Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(store, args);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }

    private AdmissionRecord remembered(String request, Instant expiresAt) {
        var record = record(request, ROOT, false);
        own.put(record.id().text(), kinds.remember(record, expiresAt));
        return record;
    }

    private AdmissionRecord remember(AdmissionRecord record, Duration lease) {
        own.put(record.id().text(), kinds.remember(record, Instant.now().plus(lease)));
        return record;
    }

    private static AdmissionRecord record(String request, TenantRoot root, boolean ofCustomer) {
        var part = new AdmissionRecord.Part(
                CUSTOMER,
                List.of(new Charge.Slot(new LimitRef(ResourceKind.END_USER, "customer", LimitKind.PARALLEL, null), 9)));
        return new AdmissionRecord(
                new AdmissionId(KEY, Instant.now().truncatedTo(ChronoUnit.MILLIS), root, request),
                OWNER,
                null,
                List.of(),
                "gpt-4o",
                List.of(slot()),
                ofCustomer ? List.of(part) : List.of(),
                new Estimate(1, 1, NanoUsd.ZERO, Estimate.Source.DEFAULT, false));
    }

    private static Charge slot() {
        return new Charge.Slot(new LimitRef(ResourceKind.KEY, KEY.toString(), LimitKind.PARALLEL, null), 9);
    }

    private static Reservation reservation(AdmissionRecord record) {
        return new Reservation(
                ROOT, record.id().holdId(), List.of(), record.charges(), LEASE, MEMORY, record.payload());
    }

    private long slotsTaken() {
        var looked = (ReserveResult.Looked) await(store.look(reservation(record("look", ROOT, false))));
        return looked.standings().get(0).used();
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(5));
    }
}

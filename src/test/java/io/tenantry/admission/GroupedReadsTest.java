package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.tenantry.core.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupedReadsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<List<String>> statements = new ArrayList<>();
    private final List<UniEmitter<? super Map<String, String>>> open = new ArrayList<>();

    private Uni<Map<String, String>> statement(List<String> names) {
        statements.add(names);
        return Uni.createFrom().emitter(open::add);
    }

    private void answer(int statement) {
        open.get(statement)
                .complete(statements.get(statement).stream()
                        .filter(name -> !name.equals("nobody"))
                        .collect(Collectors.toMap(Function.identity(), name -> "of " + name)));
    }

    private static CompletableFuture<Optional<String>> read(GroupedReads<String, String> reads, String name) {
        return reads.read(name).subscribeAsCompletionStage();
    }

    @Test
    void a_single_one_is_read_at_once_and_alone() {
        var reads = new GroupedReads<>(this::statement, 100, PATIENCE);

        var found = read(reads, "a");
        assertThat(statements).containsExactly(List.of("a"));
        answer(0);

        assertThat(found).isCompletedWithValue(Optional.of("of a"));
    }

    @Test
    void ten_thousand_at_once_are_read_once_each_with_a_hundred_statements_and_four_at_a_time() {
        var reads = new GroupedReads<>(this::statement, 100, PATIENCE);

        var found = IntStream.range(0, 10_000)
                .mapToObj(n -> read(reads, "key-" + n))
                .toList();
        for (int n = 0; n < statements.size(); n++) {
            assertThat(statements.size() - n).isLessThanOrEqualTo(GroupedReads.MOST_RUNNING);
            answer(n);
        }

        assertThat(statements).hasSize(4 + 100);
        assertThat(statements.stream().flatMap(List::stream)).hasSize(10_000).doesNotHaveDuplicates();
        assertThat(found).allMatch(CompletableFuture::isDone);
        assertThat(found.get(9_999)).isCompletedWithValue(Optional.of("of key-9999"));
    }

    @Test
    void what_several_calls_ask_for_is_read_once_for_all_that_waited_and_again_for_whoever_comes_later() {
        var reads = new GroupedReads<>(this::statement, 100, PATIENCE);

        IntStream.range(0, GroupedReads.MOST_RUNNING).forEach(n -> read(reads, "a"));
        var waiting = IntStream.range(0, 90)
                .mapToObj(n -> reads.read(List.of("a", "b-" + n)).subscribeAsCompletionStage())
                .toList();
        answer(0);
        answer(1);

        assertThat(statements).hasSize(GroupedReads.MOST_RUNNING + 2);
        assertThat(statements.get(4)).hasSize(51).doesNotHaveDuplicates().startsWith("a", "b-0");
        assertThat(statements.get(5)).hasSize(41).startsWith("a", "b-50");
        answer(4);
        assertThat(waiting.get(0).join()).containsEntry("a", "of a").containsEntry("b-0", "of b-0");
        assertThat(waiting.get(89)).isNotDone();
    }

    @Test
    void what_does_not_exist_is_empty_and_a_failure_concerns_its_group_only() {
        var reads = new GroupedReads<>(this::statement, 100, PATIENCE);
        var failing = read(reads, "failing");
        var nobody = read(reads, "nobody");

        open.get(0).fail(new IllegalStateException("lost"));
        answer(1);

        assertThat(failing).isCompletedExceptionally();
        assertThat(nobody).isCompletedWithValue(Optional.empty());
        assertThat(read(reads, "next")).isNotDone();
        answer(2);
    }

    @Test
    void a_database_that_is_silent_keeps_nobody_waiting_for_ever_and_makes_room_again() {
        var reads = new GroupedReads<>(this::statement, 100, Duration.ofMillis(50));
        var waiting =
                IntStream.range(0, 10).mapToObj(n -> read(reads, "key-" + n)).toList();

        // those that wait for a statement are told when one of those that are under way has been given up
        waiting.forEach(read -> assertThatThrownBy(read::join).hasCauseInstanceOf(Problem.class));

        var next = read(reads, "next");
        answer(statements.size() - 1);
        assertThat(next).isCompletedWithValue(Optional.of("of next"));
    }

    @Test
    void who_waited_for_a_place_does_not_wait_for_a_whole_statement_as_well() throws InterruptedException {
        var patience = Duration.ofSeconds(1);
        var givenUp = new ArrayList<String>();
        var reads = new GroupedReads<String, String>(
                names -> statement(names).onCancellation().invoke(() -> givenUp.addAll(names)), 100, patience);
        IntStream.range(0, GroupedReads.MOST_RUNNING).forEach(n -> read(reads, "first-" + n));
        Thread.sleep(patience.toMillis() / 2);

        var second = read(reads, "second");

        assertThatThrownBy(second::join).hasCauseInstanceOf(Problem.class);
        assertThat(statements).contains(List.of("second"));
        assertThat(givenUp).contains("first-0").doesNotContain("second");
    }
}

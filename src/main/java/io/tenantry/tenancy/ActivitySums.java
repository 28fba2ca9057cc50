package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.ActivityLookup.KeyName;
import io.tenantry.tenancy.ActivityLookup.Of;
import io.tenantry.tenancy.ActivityLookup.Page;
import io.tenantry.tenancy.ActivityLookup.Question;
import io.tenantry.tenancy.ActivityLookup.Use;
import io.tenantry.tenancy.DailyActivityView.Breakdown;
import io.tenantry.tenancy.DailyActivityView.Day;
import io.tenantry.tenancy.DailyActivityView.KeyNames;
import io.tenantry.tenancy.DailyActivityView.KeySlice;
import io.tenantry.tenancy.DailyActivityView.Metrics;
import io.tenantry.tenancy.DailyActivityView.Slice;
import io.tenantry.tenancy.DailyActivityView.Totals;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Adds a page of uses up into days and their breakdowns. */
final class ActivitySums {

    /** One number of everything that is counted. */
    private static final class Sum {

        private NanoUsd spend = NanoUsd.ZERO;
        private long requests;
        private long failed;
        private long input;
        private long output;

        void add(Use use) {
            spend = spend.plus(use.spend());
            requests += use.requests();
            failed += use.failedRequests();
            input += use.inputTokens();
            output += use.outputTokens();
        }

        Metrics metrics() {
            return new Metrics(spend.toUsd(), input, output, 0, 0, input + output, requests - failed, failed, requests);
        }
    }

    /** A sum and the same by key. */
    private static final class Branch {

        private final Sum sum = new Sum();
        private final Map<String, Sum> keys = new LinkedHashMap<>();

        void add(Use use) {
            sum.add(use);
            keys.computeIfAbsent(use.keyId(), id -> new Sum()).add(use);
        }
    }

    private static final class DaySums {

        private final Branch all = new Branch();
        private final Map<String, Branch> models = new LinkedHashMap<>();
        private final Map<String, Branch> providers = new LinkedHashMap<>();
        private final Map<String, Branch> entities = new LinkedHashMap<>();

        void add(Use use) {
            all.add(use);
            models.computeIfAbsent(use.model(), model -> new Branch()).add(use);
            if (!use.provider().isEmpty()) {
                providers
                        .computeIfAbsent(use.provider(), provider -> new Branch())
                        .add(use);
            }
            entities.computeIfAbsent(use.entityId(), id -> new Branch()).add(use);
        }
    }

    private final Question question;
    private final Page page;

    private ActivitySums(Question question, Page page) {
        this.question = question;
        this.page = page;
    }

    static DailyActivityView view(Question question, Page page) {
        return new ActivitySums(question, page).view();
    }

    private DailyActivityView view() {
        var days = new TreeMap<LocalDate, DaySums>(Comparator.reverseOrder());
        var total = new Sum();
        for (var use : page.uses()) {
            days.computeIfAbsent(use.day(), day -> new DaySums()).add(use);
            total.add(use);
        }
        var results = days.entrySet().stream()
                .map(day -> new Day(day.getKey(), day.getValue().all.sum.metrics(), breakdown(day.getValue())))
                .toList();
        return new DailyActivityView(results, totals(total.metrics()));
    }

    private Totals totals(Metrics sum) {
        return new Totals(
                sum.spend(),
                sum.promptTokens(),
                sum.completionTokens(),
                sum.totalTokens(),
                sum.apiRequests(),
                sum.successfulRequests(),
                sum.failedRequests(),
                0,
                0,
                question.page(),
                (page.total() + question.size() - 1) / question.size(),
                (long) question.page() * question.size() < page.total());
    }

    private Breakdown breakdown(DaySums day) {
        var models = slices(day.models, model -> Map.of());
        return new Breakdown(
                Map.of(),
                models,
                models,
                slices(day.providers, provider -> Map.of()),
                Map.of(),
                keys(day.all.keys),
                slices(day.entities, this::entityNames));
    }

    private Map<String, String> entityNames(String id) {
        if (question.of() == Of.TAG) {
            return Map.of();
        }
        var names = new LinkedHashMap<String, String>();
        names.put(
                switch (question.of()) {
                    case ORGANIZATION -> "organization_alias";
                    case TEAM -> "team_alias";
                    case USER -> "user_email";
                    default -> "alias";
                },
                page.aliases().get(id));
        return names;
    }

    private Map<String, Slice> slices(Map<String, Branch> branches, Function<String, Map<String, String>> metadata) {
        var slices = new LinkedHashMap<String, Slice>();
        branches.forEach((name, branch) ->
                slices.put(name, new Slice(branch.sum.metrics(), metadata.apply(name), keys(branch.keys))));
        return slices;
    }

    private Map<String, KeySlice> keys(Map<String, Sum> sums) {
        var slices = new LinkedHashMap<String, KeySlice>();
        sums.forEach((keyId, sum) -> {
            var name = page.keys().getOrDefault(keyId, new KeyName(keyId, null, null));
            slices.put(name.token(), new KeySlice(sum.metrics(), new KeyNames(name.alias(), name.teamId())));
        });
        return slices;
    }
}

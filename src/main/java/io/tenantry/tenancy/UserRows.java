package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Users as rows, many at a time: each call is one statement, however many users. What it hands out is detached, so that changing an object
 * writes nothing by itself. Runs in the caller's transaction.
 */
@ApplicationScoped
class UserRows {

    private static final String LOCK = """
            select * from app_user
            where user_id = any(:ids) or lower(user_email) = any(:emails)
            order by user_id for update""";

    private static final String NAMED = """
            select * from app_user
            where user_id = any(:ids) or lower(user_email) = any(:emails) or sso_user_id = any(:ssos)""";

    private static final String COLUMNS = """
            user_id, user_email, user_alias, sso_user_id, user_role, models, max_budget_nano, soft_budget_nano, budget_duration,
            tpm_limit, rpm_limit, max_parallel_requests, further_limits, blocked, metadata, object_permission_id, allowed_model_region,
            allowed_model_max_input_tokens, allowed_model_max_output_tokens, created_by, updated_by""";

    private static final String VALUES = """
            r.user_id, r.user_email, r.user_alias, r.sso_user_id, r.user_role, array(select jsonb_array_elements_text(r.models)),
            r.max_budget_nano, r.soft_budget_nano, r.budget_duration, r.tpm_limit, r.rpm_limit, r.max_parallel_requests, r.further_limits, r.blocked,
            r.metadata, r.object_permission_id, r.allowed_model_region, r.allowed_model_max_input_tokens,
            r.allowed_model_max_output_tokens, r.created_by, r.updated_by""";

    private static final String RECORDS = """
            jsonb_to_recordset(cast(cast(:rows as text) as jsonb))
                as r (user_id text, user_email text, user_alias text, sso_user_id text, user_role text, models jsonb,
                      max_budget_nano bigint, soft_budget_nano bigint, budget_duration text, tpm_limit bigint, rpm_limit bigint,
                      max_parallel_requests int, further_limits jsonb, blocked boolean, metadata jsonb, object_permission_id text,
                      allowed_model_region text, allowed_model_max_input_tokens bigint, allowed_model_max_output_tokens bigint,
                      created_by text, updated_by text)""";

    private static final String INSERT = "insert into app_user (" + COLUMNS + ") select " + VALUES + " from " + RECORDS
            + " order by r.user_id on conflict do nothing returning user_id";

    private static final String UPDATE = "update app_user u set (" + COLUMNS + ") = row (" + VALUES + ") from "
            + RECORDS + " where u.user_id = r.user_id";

    private final ObjectMapper json;

    UserRows(ObjectMapper json) {
        this.json = json;
    }

    /** The users of these ids and addresses (in lower case); nobody else changes them until this transaction ends. */
    Uni<List<User>> lock(Collection<String> ids, Collection<String> emails) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(LOCK, User.class)
                .setParameter("ids", texts(ids))
                .setParameter("emails", texts(emails))
                .getResultList()
                .invoke(session::clear));
    }

    /** The users that have one of these names already. */
    Uni<List<User>> named(Collection<String> ids, Collection<String> emails, Collection<String> ssoIds) {
        if (ids.isEmpty() && emails.isEmpty() && ssoIds.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return Panache.getSession().flatMap(session -> session.createNativeQuery(NAMED, User.class)
                .setParameter("ids", texts(ids))
                .setParameter("emails", texts(emails))
                .setParameter("ssos", texts(ssoIds))
                .getResultList()
                .invoke(session::clear));
    }

    /** Adds those of them whose names are free; the ids of the added ones. */
    Uni<List<String>> insert(Collection<User> users) {
        if (users.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return Panache.getSession().flatMap(session -> session.createNativeQuery(INSERT, String.class)
                .setParameter("rows", rows(users))
                .getResultList());
    }

    /** Writes users that this transaction has locked, and reads them back: a trigger has given each its time. */
    Uni<List<User>> update(Collection<User> users) {
        if (users.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(UPDATE)
                        .setParameter("rows", rows(users))
                        .executeUpdate())
                .chain(() -> named(users.stream().map(user -> user.userId).toList(), List.of(), List.of()));
    }

    private String rows(Collection<User> users) {
        try {
            return json.writeValueAsString(users.stream().map(UserRows::row).toList());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Map<String, Object> row(User user) {
        var limits = user.limitsOrNone();
        var row = new HashMap<String, Object>();
        row.put("user_id", user.userId);
        row.put("user_email", user.userEmail);
        row.put("user_alias", user.userAlias);
        row.put("sso_user_id", user.ssoUserId);
        row.put("user_role", user.userRole);
        row.put("models", user.models);
        row.put("max_budget_nano", limits.maxBudgetNano);
        row.put("soft_budget_nano", limits.softBudgetNano);
        row.put("budget_duration", limits.budgetDuration);
        row.put("tpm_limit", limits.tpmLimit);
        row.put("rpm_limit", limits.rpmLimit);
        row.put("max_parallel_requests", limits.maxParallelRequests);
        row.put("further_limits", limits.furtherLimits);
        row.put("blocked", user.blocked);
        row.put("metadata", user.metadata);
        row.put("object_permission_id", user.objectPermissionId);
        row.put("allowed_model_region", user.allowedModelRegion);
        row.put("allowed_model_max_input_tokens", user.allowedModelMaxInputTokens);
        row.put("allowed_model_max_output_tokens", user.allowedModelMaxOutputTokens);
        row.put("created_by", user.createdBy);
        row.put("updated_by", user.updatedBy);
        return row;
    }
}

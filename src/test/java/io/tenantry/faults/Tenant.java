package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A tenant of a packaged service, seen from outside: an organization with a team and a key of limits. */
final class Tenant {

    final String team;
    final String key;
    final String keyId;

    private Tenant(String team, String key, String keyId) {
        this.team = team;
        this.key = key;
        this.keyId = keyId;
    }

    /** @param limits as in a key request's JSON, without braces */
    static Tenant on(ServiceProcess service, String limits) {
        var team =
                create(service, "/team/new", "{\"team_alias\": \"t\"}").json().getString("team_id");
        var body = "{\"team_id\": \"" + team + "\"" + (limits.isEmpty() ? "" : ", " + limits) + "}";
        var made = create(service, "/key/generate", body).json();
        return new Tenant(team, made.getString("key"), made.getString("key_id"));
    }

    static Calls.Answer create(ServiceProcess service, String path, String body) {
        var answer = service.calls().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer;
    }

    Calls.Answer admit(ServiceProcess service, Object... fields) {
        return service.calls().post("/v1/admissions", Admissions.requestJson(key, fields));
    }

    CompletableFuture<Calls.Answer> admitAsync(ServiceProcess service, Object... fields) {
        return service.calls().postAsync("/v1/admissions", Admissions.requestJson(key, fields));
    }

    static Calls.Answer settle(ServiceProcess service, Calls.Answer admission, String cost) {
        return settle(service, admission.json().getString("admission_id"), cost);
    }

    static Calls.Answer settle(ServiceProcess service, String admissionId, String cost) {
        return service.calls().post("/v1/admissions/" + admissionId + "/settlement", "{\"cost_usd\": " + cost + "}");
    }

    /** Says that at least so much was used. */
    static Calls.Answer settlePart(ServiceProcess service, Calls.Answer admission, String cost) {
        return service.calls()
                .post(
                        "/v1/admissions/" + admission.json().getString("admission_id") + "/settlement",
                        "{\"cost_usd\": " + cost + ", \"partial\": true}");
    }

    static CompletableFuture<Calls.Answer> settleAsync(ServiceProcess service, String admissionId, String cost) {
        return service.calls()
                .postAsync("/v1/admissions/" + admissionId + "/settlement", "{\"cost_usd\": " + cost + "}");
    }

    /** Admits and settles until it is told to stop. Each settlement is repeated until it is acknowledged, as a proxy does. */
    void useUntilStopped(ServiceProcess service, AtomicBoolean running, Set<String> acknowledged) {
        while (running.get()) {
            var request = UUID.randomUUID().toString();
            var admission = admit(service, "request_id", request);
            if (!admission.admitted()) {
                throw new AssertionError("a warm key was not admitted: " + admission.text());
            }
            RedisServers.await(
                    "an acknowledgement",
                    () -> settle(service, admission, "0.001").status() == 200);
            acknowledged.add(request);
        }
    }

    Explained explained(ServiceProcess service) {
        var answer = service.calls().post("/v1/admissions/explain", Admissions.requestJson(key));
        if (answer.status() != 200) {
            throw new IllegalStateException(answer.text());
        }
        return Explained.of(answer);
    }
}

package io.tenantry.demo;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.vertx.http.HttpServerStart;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.IdentityConfig;
import io.tenantry.platform.stores.Stores;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * A small tenant for the first minutes with the embedded run: organization, team, member and key, with limits low enough to hit by hand. Made
 * once, over the public API like everybody else's; then, at every start, three lines to paste are printed.
 */
@ApplicationScoped
class DemoTenant {

    private static final Logger LOG = Logger.getLogger("io.tenantry");
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final String ORGANIZATION = "demo";
    private static final String TEAM = "demo-team";
    private static final String USER = "demo-user";

    private final Vertx vertx;
    private final String masterKey;

    DemoTenant(Vertx vertx, IdentityConfig identity) {
        this.vertx = vertx;
        this.masterKey = identity.masterKey().orElse("");
    }

    void welcome(@ObservesAsync HttpServerStart listening) {
        if (!Stores.areEmbedded() || LaunchMode.current() == LaunchMode.TEST) {
            return;
        }
        int port = listening.options().getPort();
        var directory = Path.of(System.getProperty(Stores.EMBEDDED_DIRECTORY));
        var secretFile = directory.resolve("demo-key");
        Uni.createFrom()
                .completionStage(
                        vertx.fileSystem().exists(secretFile.toString()).toCompletionStage())
                .flatMap(there -> there ? Uni.createFrom().voidItem() : make(port, secretFile))
                .subscribe()
                .with(
                        done -> LOG.info(Welcome.text(port, directory)),
                        failure -> LOG.warnf("The demo tenant could not be made: %s", failure.getMessage()));
    }

    private Uni<Void> make(int port, Path secretFile) {
        var client = vertx.createHttpClient();
        return post(client, port, "/organization/new", organization())
                .chain(() -> post(client, port, "/team/new", team()))
                .chain(() -> post(client, port, "/user/new", user()))
                .chain(() -> post(client, port, "/team/member_add", member()))
                .chain(() -> post(client, port, "/key/generate", key()))
                .map(answer -> answer.getString("key"))
                .flatMap(secret -> keep(secretFile, secret))
                .onTermination()
                .invoke(client::close);
    }

    private Uni<Void> keep(Path file, String secret) {
        return Uni.createFrom()
                .completionStage(vertx.fileSystem()
                        .createFile(file.toString(), "rw-------")
                        .compose(made -> vertx.fileSystem().writeFile(file.toString(), Buffer.buffer(secret)))
                        .toCompletionStage());
    }

    private static JsonObject organization() {
        return new JsonObject()
                .put("organization_id", ORGANIZATION)
                .put("organization_alias", "Demo organization")
                .put("max_budget", 1.00)
                .put("rpm_limit", 100);
    }

    private static JsonObject team() {
        return new JsonObject()
                .put("team_id", TEAM)
                .put("team_alias", "Demo team")
                .put("organization_id", ORGANIZATION)
                .put("max_budget", 0.20)
                .put("budget_duration", "1d");
    }

    private static JsonObject user() {
        return new JsonObject()
                .put("user_id", USER)
                .put("user_email", "demo@example.org")
                .put("auto_create_key", false);
    }

    private static JsonObject member() {
        return new JsonObject()
                .put("team_id", TEAM)
                .put(
                        "member",
                        new JsonArray()
                                .add(new JsonObject().put("user_id", USER).put("role", "user")));
    }

    private static JsonObject key() {
        return new JsonObject()
                .put("key_alias", "demo")
                .put("team_id", TEAM)
                .put("user_id", USER)
                .put("rpm_limit", 5)
                .put("tpm_limit", 10_000);
    }

    /** A start that was interrupted half-way left a part of it: what exists already is fine. */
    private Uni<JsonObject> post(HttpClient client, int port, String path, JsonObject body) {
        var options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI(path)
                .setTimeout(TIMEOUT_MILLIS)
                .putHeader("authorization", "Bearer " + masterKey)
                .putHeader("content-type", "application/json");
        var answer = client.request(options)
                .compose((HttpClientRequest request) -> request.send(body.toBuffer()))
                .compose((HttpClientResponse response) ->
                        response.body().map(text -> accepted(path, response.statusCode(), text)));
        return Uni.createFrom().completionStage(answer.toCompletionStage());
    }

    private static JsonObject accepted(String path, int status, Buffer text) {
        var answer = new JsonObject(text);
        var error = answer.getJsonObject("error");
        boolean there =
                status == 409 || (error != null && error.getString("type").startsWith("team_member_already"));
        if (status != 200 && !there) {
            throw new IllegalStateException(path + " answered " + status);
        }
        return answer;
    }
}

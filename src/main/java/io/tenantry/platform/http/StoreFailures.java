package io.tenantry.platform.http;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.VertxException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.TransactionRollbackException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.hibernate.StaleStateException;
import org.hibernate.exception.ConstraintViolationException;

/** Reads what a store's exception means for the caller. By type and SQL state, never by message text. */
public final class StoreFailures {

    private static final int DEEPEST = 8;
    private static final Pattern QUOTED = Pattern.compile("<<(.*)>>");

    private StoreFailures() {}

    /** Empty when the failure is none that we know: then it is a defect of ours. */
    public static Optional<Problem> problemFor(Throwable failure) {
        var cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
            if (cause instanceof Problem problem) {
                return Optional.of(problem);
            }
            if (cause instanceof PgException sql) {
                return Optional.ofNullable(bySqlState(sql.getSqlState(), sql.getConstraint(), sql));
            }
            // what Hibernate makes of a PgException, which it drops
            if (cause instanceof SQLException sql) {
                return Optional.ofNullable(bySqlState(
                        sql.getSQLState(), violatedConstraint(failure).orElse(null), sql));
            }
            if (cause instanceof StaleStateException) {
                return Optional.of(Problem.of(ProblemCode.CONFLICT));
            }
            // a statement that failed and was recovered from: the driver commits nothing of its transaction any more
            if (cause instanceof TransactionRollbackException) {
                return Optional.of(Problem.of(ProblemCode.CONFLICT));
            }
            if (cause instanceof ConnectionPoolTooBusyException) {
                return Optional.of(Problem.of(ProblemCode.OVERLOADED));
            }
            if (isConnectionLoss(cause)) {
                return Optional.of(databaseAway(cause));
            }
        }
        return Optional.empty();
    }

    /** Whether the store could not be reached or did not answer in time, as opposed to having refused. */
    public static boolean isConnectionLoss(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof TimeoutException
                || cause instanceof ClosedConnectionException
                || (cause instanceof NoStackTraceThrowable && !(cause instanceof CompletionException))
                || cause.getClass()
                        == VertxException
                                .class; // no connection became free in time; what it is otherwise has a class of its
        // own
    }

    /** The name of the constraint that a statement ran into; empty when it was none. */
    public static Optional<String> violatedConstraint(Throwable failure) {
        var cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
            if (cause instanceof PgException sql) {
                return Optional.ofNullable(sql.getConstraint());
            }
            if (cause instanceof ConstraintViolationException violation && violation.getConstraintName() != null) {
                return Optional.of(violation.getConstraintName());
            }
        }
        return Optional.empty();
    }

    private static Problem bySqlState(String sqlState, String constraint, Throwable cause) {
        var state = sqlState == null ? "" : sqlState;
        return switch (state) {
            case "23505" -> Problem.of(ProblemCode.ALREADY_EXISTS).internally("unique constraint %s", constraint);
            case "23503" ->
                Problem.of(ProblemCode.CONFLICT)
                        .detail("Something that this refers to, or that refers to it, was changed in the meantime")
                        .internally("foreign key %s", constraint);
            case "22021", "22P05" ->
                Problem.of(ProblemCode.INVALID_VALUE)
                        .detail("A text holds the character U+0000, which cannot be stored: leave it out")
                        .internally("SQL state %s", state);
            case "54000" ->
                Problem.of(ProblemCode.INVALID_VALUE)
                        .detail(
                                "A text is too long to be kept: a name, address or entry of a list has 255 characters at most")
                        .internally("SQL state %s", state);
            case "23514", "22003" ->
                Problem.of(ProblemCode.INVALID_VALUE).internally("SQL state %s, constraint %s", state, constraint);
            case "40001", "40P01" -> Problem.of(ProblemCode.CONFLICT).internally("SQL state %s", state);
            case "TN001" -> limitOfGroup(cause);
            case "TN002" -> tooManyMoves(cause);
            case "57014" -> Problem.of(ProblemCode.OVERLOADED).internally("statement timeout");
            default ->
                state.startsWith("08") || state.startsWith("57P") || state.startsWith("53")
                        ? databaseAway(cause)
                        : null;
        };
    }

    /** The triggers refuse_limits_of_access_groups name the field between double angles. */
    private static Problem limitOfGroup(Throwable cause) {
        var field = QUOTED.matcher(String.valueOf(cause.getMessage()));
        var named = field.find() ? field.group(1) : "model_max_budget";
        return Problem.of(ProblemCode.NOT_ENFORCED)
                .param(named)
                .detail(
                        "%s names an access group: limits are for single models, it would be stored and not enforced, so it is refused. Name each model of the group, or limit all models",
                        named);
    }

    /** The trigger refuse_many_moves says what moves, and when it may. */
    private static Problem tooManyMoves(Throwable cause) {
        var found = QUOTED.matcher(String.valueOf(cause.getMessage()));
        var said = (found.find() ? found.group(1) : "team tomorrow").split(" ");
        return Problem.of(ProblemCode.CONFLICT)
                .param(said[0].equals("team") ? "organization_id" : "team_id")
                .detail(
                        "The %s has moved ten times within a day, and its requests are counted at each place that it has left: it can move again after %s",
                        said[0], said[1]);
    }

    private static Problem databaseAway(Throwable cause) {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE)
                .internally("%s", cause.getClass().getSimpleName());
    }
}

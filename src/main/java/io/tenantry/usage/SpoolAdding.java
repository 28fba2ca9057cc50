package io.tenantry.usage;

import io.tenantry.platform.redis.RedisGathering;
import io.tenantry.platform.redis.RedisScript;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** One call of {@code spool-add.v1.lua} for uses that are to be kept: its names and arguments, as described there. */
record SpoolAdding(List<SpooledUse> uses, int spoolSize) implements RedisGathering.Batch<Response> {

    /** About 100 KB. */
    static final int MOST = 64;

    static final String ENTRIES = "t1:{spool}:entries";
    static final String REQUESTS = "t1:{spool}:requests";

    private static final RedisScript SCRIPT = RedisScript.load("spool-add.v1");

    @Override
    public RedisScript script() {
        return SCRIPT;
    }

    @Override
    public List<String> keys() {
        return List.of(ENTRIES, REQUESTS);
    }

    @Override
    public List<Buffer> args() {
        var args = new ArrayList<Buffer>(1 + 2 * uses.size());
        args.add(Buffer.buffer(Integer.toString(spoolSize)));
        for (var use : uses) {
            args.add(Buffer.buffer(use.request()));
            args.add(use.text());
        }
        return args;
    }

    @Override
    public List<Response> results(Response answer) {
        return IntStream.range(0, uses.size()).mapToObj(answer::get).toList();
    }
}

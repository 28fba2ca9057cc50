package io.tenantry.platform.redis;

/** Redis could not be reached or did not answer in time. Whether it did what was asked is unknown. */
public final class RedisUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RedisUnavailable(String why) {
        super(why, null, false, false);
    }
}

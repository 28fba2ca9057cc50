package io.tenantry.platform.redis;

/** One Redis server. */
public record RedisEndpoint(String host, int port) {

    /** From {@code host:port} as Redis writes it, also with an IPv6 address, which it does not put in brackets. */
    static RedisEndpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        return new RedisEndpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}

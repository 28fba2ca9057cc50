package io.tenantry.platform.redis;

import java.nio.charset.StandardCharsets;

/** In which of a cluster's 16,384 slots a name lives: the CRC-16 (XMODEM) of its hash tag, or of all of it when it has none. */
final class RedisSlots {

    static final int COUNT = 16_384;

    private static final int POLYNOMIAL = 0x1021;
    private static final int[] TABLE = new int[256];

    static {
        for (int value = 0; value < TABLE.length; value++) {
            int crc = value << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
            }
            TABLE[value] = crc & 0xFFFF;
        }
    }

    private RedisSlots() {}

    static int of(String name) {
        return of(name.getBytes(StandardCharsets.UTF_8));
    }

    static int of(byte[] name) {
        int from = 0;
        int to = name.length;
        int open = indexOf(name, '{', 0);
        int close = open < 0 ? -1 : indexOf(name, '}', open + 1);
        if (close > open + 1) {
            from = open + 1;
            to = close;
        }
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc = ((crc << 8) ^ TABLE[((crc >>> 8) ^ name[i]) & 0xFF]) & 0xFFFF;
        }
        return crc % COUNT;
    }

    private static int indexOf(byte[] name, char wanted, int from) {
        for (int i = from; i < name.length; i++) {
            if (name[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}

package io.tenantry.admission;

/**
 * Rows of numbers of any length, in blocks that are used again and again. The garbage collector neither walks nor copies them once they are old, however
 * many rows come and go. A row is named by its first block. Not thread-safe.
 */
final class NumberBlocks {

    /** The bytes of a block: a row of up to 47 numbers needs one. */
    static final int BLOCK_BYTES = 384;

    static final int NONE = -1;

    private static final int BLOCK_NUMBERS = BLOCK_BYTES / Long.BYTES;
    private static final int ROW_NUMBERS = BLOCK_NUMBERS - 1; // the last one is the row's next block
    private static final int BLOCKS_OF_CHUNK = 128;

    private final long[][] chunks; // made when they are needed first
    private final int most;
    private int made;
    private int firstFree = NONE;
    private int free;

    NumberBlocks(int most) {
        this.most = most;
        this.free = most;
        this.chunks = new long[(most + BLOCKS_OF_CHUNK - 1) / BLOCKS_OF_CHUNK][];
    }

    /** As long as nothing is added. */
    boolean haveRoomFor(long[] row) {
        return blocksOf(row) <= free;
    }

    /** If there were nothing else. */
    boolean couldHold(long[] row) {
        return blocksOf(row) <= most;
    }

    private static int blocksOf(long[] row) {
        return (row.length + ROW_NUMBERS - 1) / ROW_NUMBERS;
    }

    /** Only where there {@linkplain #haveRoomFor is room}. */
    int add(long[] row) {
        int next = NONE;
        for (int part = blocksOf(row) - 1; part >= 0; part--) {
            int block = take();
            int from = part * ROW_NUMBERS;
            System.arraycopy(row, from, chunkOf(block), at(block, 0), Math.min(ROW_NUMBERS, row.length - from));
            setNext(block, next);
            next = block;
        }
        return next;
    }

    private int take() {
        free--;
        if (firstFree == NONE) {
            return make();
        }
        int block = firstFree;
        firstFree = next(block);
        return block;
    }

    private int make() {
        int block = made++;
        int chunk = block / BLOCKS_OF_CHUNK;
        if (chunks[chunk] == null) {
            chunks[chunk] = new long[BLOCKS_OF_CHUNK * BLOCK_NUMBERS];
        }
        return block;
    }

    void remove(int row) {
        for (int block = row; block != NONE; ) {
            int next = next(block);
            setNext(block, firstFree);
            firstFree = block;
            free++;
            block = next;
        }
    }

    /** One of the first 47 numbers of a row. */
    long get(int row, int position) {
        return chunkOf(row)[at(row, position)];
    }

    void set(int row, int position, long number) {
        chunkOf(row)[at(row, position)] = number;
    }

    /** As many numbers of a row, from a position on. */
    long[] copy(int row, int position, int count) {
        var numbers = new long[count];
        int block = row;
        int from = position;
        for (int copied = 0; copied < count; ) {
            while (from >= ROW_NUMBERS) {
                block = next(block);
                from -= ROW_NUMBERS;
            }
            int length = Math.min(count - copied, ROW_NUMBERS - from);
            System.arraycopy(chunkOf(block), at(block, from), numbers, copied, length);
            copied += length;
            from += length;
        }
        return numbers;
    }

    private int next(int block) {
        return (int) get(block, ROW_NUMBERS);
    }

    private void setNext(int block, int next) {
        set(block, ROW_NUMBERS, next);
    }

    private long[] chunkOf(int block) {
        return chunks[block / BLOCKS_OF_CHUNK];
    }

    private static int at(int block, int position) {
        return block % BLOCKS_OF_CHUNK * BLOCK_NUMBERS + position;
    }
}

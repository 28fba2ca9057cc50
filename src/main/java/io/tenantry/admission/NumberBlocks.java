package io.tenantry.admission;

/**
 * Rows of numbers of any length, in blocks that are used again and again. They are all in one array, which is made when the first row is added: so large a
 * one the garbage collector does not copy from place to place, and numbers it does not walk, however many rows come and go. A row is named by its first
 * block. Not thread-safe.
 */
final class NumberBlocks {

    /** The bytes of a block: a row of up to 47 numbers needs one. */
    private static final int BLOCK_BYTES = 384;

    static final int NONE = -1;

    private static final int BLOCK_NUMBERS = BLOCK_BYTES / Long.BYTES;
    private static final int ROW_NUMBERS = BLOCK_NUMBERS - 1; // the last one is the row's next block

    private final int most;
    private long[] numbers;
    private int used; // beyond these no block was ever used
    private int firstFree = NONE;
    private int free;

    NumberBlocks(int most) {
        this.most = most;
        this.free = most;
    }

    /** Beside all that is there. */
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
        if (numbers == null) {
            numbers = new long[most * BLOCK_NUMBERS];
        }
        int next = NONE;
        for (int part = blocksOf(row) - 1; part >= 0; part--) {
            int block = take();
            int from = part * ROW_NUMBERS;
            System.arraycopy(row, from, numbers, at(block, 0), Math.min(ROW_NUMBERS, row.length - from));
            setNext(block, next);
            next = block;
        }
        return next;
    }

    private int take() {
        free--;
        if (firstFree == NONE) {
            return used++;
        }
        int block = firstFree;
        firstFree = next(block);
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
        return numbers[at(row, position)];
    }

    void set(int row, int position, long number) {
        numbers[at(row, position)] = number;
    }

    /** As many numbers of a row, from a position on. */
    long[] copy(int row, int position, int count) {
        var copy = new long[count];
        int block = row;
        int from = position;
        for (int copied = 0; copied < count; ) {
            while (from >= ROW_NUMBERS) {
                block = next(block);
                from -= ROW_NUMBERS;
            }
            int length = Math.min(count - copied, ROW_NUMBERS - from);
            System.arraycopy(numbers, at(block, from), copy, copied, length);
            copied += length;
            from += length;
        }
        return copy;
    }

    private int next(int block) {
        return (int) get(block, ROW_NUMBERS);
    }

    private void setNext(int block, int next) {
        set(block, ROW_NUMBERS, next);
    }

    private static int at(int block, int position) {
        return block * BLOCK_NUMBERS + position;
    }
}

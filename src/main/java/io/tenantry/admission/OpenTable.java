package io.tenantry.admission;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Open admissions by their ids. Tens of thousands come and go within seconds, and objects that live so long are copied by the garbage collector, which
 * halts every decision meanwhile: so they are kept as {@linkplain NumberBlocks numbers}. What an admission has in common with others of its kind is the one
 * reference that it has.
 *
 * <p>Bounded: where there is no room, the oldest are forgotten. Not thread-safe.
 */
final class OpenTable {

    private static final int NONE = NumberBlocks.NONE;

    // What a row begins with. Then the numbers of the id, of the admission, and of the end user.
    private static final int BUCKET = 0; // the id's hash, the next row of its bucket
    private static final int AGE = 1; // the next older row, the next younger one
    private static final int EXPIRES_AT = 2;
    private static final int LENGTHS =
            3; // 16 bits each: the id's, how many numbers, the end user's plus one (0 for none)
    private static final int HEAD = 4;

    private final NumberBlocks blocks;
    private final AdmissionRecord[] kinds; // by row
    private final int[] buckets;
    private int oldest = NONE;
    private int youngest = NONE;

    /** @param most how many admissions; fewer where some need more than one block */
    OpenTable(int most) {
        blocks = new NumberBlocks(most);
        kinds = new AdmissionRecord[most];
        buckets = new int[2 * Integer.highestOneBit(most)];
        Arrays.fill(buckets, NONE);
    }

    /** As the youngest, instead of what was there under this id. What is larger than the whole table is not kept. */
    void put(RememberedId id, OpenAdmission admission) {
        remove(id);
        var numbers = numbersOf(id, admission);
        if (!blocks.couldHold(numbers)) {
            return;
        }
        while (!blocks.haveRoomFor(numbers)) {
            remove(oldest);
        }
        int row = blocks.add(numbers);
        kinds[row] = admission.like();
        addToBucket(row, id.hash());
        addAsYoungest(row);
    }

    private static long[] numbersOf(RememberedId id, OpenAdmission admission) {
        var endUser = PackedText.ofAny(admission.endUser() == null ? "" : admission.endUser());
        var row = new long[HEAD + id.packed().length + admission.numbers().length + endUser.length];
        row[EXPIRES_AT] = admission.expiresAtMicros();
        row[LENGTHS] = lengths(id, admission);
        int at = HEAD;
        at = put(row, at, id.packed());
        at = put(row, at, admission.numbers());
        put(row, at, endUser);
        return row;
    }

    private static int put(long[] row, int at, long[] numbers) {
        System.arraycopy(numbers, 0, row, at, numbers.length);
        return at + numbers.length;
    }

    private static long lengths(RememberedId id, OpenAdmission admission) {
        int endUser = admission.endUser() == null ? 0 : admission.endUser().length() + 1;
        return (long) id.length() << 32 | (long) admission.numbers().length << 16 | endUser;
    }

    /** Null where it is not there. */
    OpenAdmission find(RememberedId id) {
        int row = rowOf(id);
        return row == NONE ? null : admission(row);
    }

    /** Whether it was there. */
    boolean remove(RememberedId id) {
        int row = rowOf(id);
        if (row != NONE) {
            remove(row);
        }
        return row != NONE;
    }

    /** All of them, the oldest first, with their ids. */
    void forEach(BiConsumer<String, OpenAdmission> action) {
        for (int row = oldest; row != NONE; row = right(blocks.get(row, AGE))) {
            int length = idLength(row);
            action.accept(
                    PackedText.ascii(blocks.copy(row, HEAD, PackedText.lengthOfAscii(length)), length), admission(row));
        }
    }

    private OpenAdmission admission(int row) {
        int count = (int) (blocks.get(row, LENGTHS) >>> 16) & 0xffff;
        int endUser = (int) blocks.get(row, LENGTHS) & 0xffff;
        int from = HEAD + PackedText.lengthOfAscii(idLength(row));
        return new OpenAdmission(
                kinds[row],
                endUser == 0 ? null : endUser(row, from + count, endUser - 1),
                blocks.copy(row, from, count),
                blocks.get(row, EXPIRES_AT));
    }

    private String endUser(int row, int from, int length) {
        return PackedText.any(blocks.copy(row, from, PackedText.lengthOfAny(length)), length);
    }

    private int rowOf(RememberedId id) {
        for (int row = buckets[bucket(id.hash())]; row != NONE; row = right(blocks.get(row, BUCKET))) {
            if (left(blocks.get(row, BUCKET)) == id.hash() && isOf(row, id)) {
                return row;
            }
        }
        return NONE;
    }

    private boolean isOf(int row, RememberedId id) {
        return idLength(row) == id.length() && Arrays.equals(blocks.copy(row, HEAD, id.packed().length), id.packed());
    }

    private int idLength(int row) {
        return (int) (blocks.get(row, LENGTHS) >>> 32);
    }

    private void remove(int row) {
        removeFromBucket(row);
        removeFromAges(row);
        kinds[row] = null;
        blocks.remove(row);
    }

    private int bucket(int hash) {
        return hash & buckets.length - 1;
    }

    private void addToBucket(int row, int hash) {
        blocks.set(row, BUCKET, pair(hash, buckets[bucket(hash)]));
        buckets[bucket(hash)] = row;
    }

    private void removeFromBucket(int row) {
        int hash = left(blocks.get(row, BUCKET));
        int next = right(blocks.get(row, BUCKET));
        int before = buckets[bucket(hash)];
        if (before == row) {
            buckets[bucket(hash)] = next;
            return;
        }
        while (right(blocks.get(before, BUCKET)) != row) {
            before = right(blocks.get(before, BUCKET));
        }
        blocks.set(before, BUCKET, pair(left(blocks.get(before, BUCKET)), next));
    }

    private void addAsYoungest(int row) {
        blocks.set(row, AGE, pair(youngest, NONE));
        if (youngest == NONE) {
            oldest = row;
        } else {
            setYounger(youngest, row);
        }
        youngest = row;
    }

    private void removeFromAges(int row) {
        int older = left(blocks.get(row, AGE));
        int younger = right(blocks.get(row, AGE));
        if (older == NONE) {
            oldest = younger;
        } else {
            setYounger(older, younger);
        }
        if (younger == NONE) {
            youngest = older;
        } else {
            setOlder(younger, older);
        }
    }

    private void setYounger(int row, int younger) {
        blocks.set(row, AGE, pair(left(blocks.get(row, AGE)), younger));
    }

    private void setOlder(int row, int older) {
        blocks.set(row, AGE, pair(older, right(blocks.get(row, AGE))));
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right & 0xffffffffL;
    }

    private static int left(long pair) {
        return (int) (pair >> 32);
    }

    private static int right(long pair) {
        return (int) pair;
    }
}

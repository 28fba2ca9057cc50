package io.tenantry.admission;

/** Texts as numbers: eight characters of ASCII in each, or four of any. */
final class PackedText {

    private static final int ASCII_BITS = 8;
    private static final int ANY_BITS = 16;

    private PackedText() {}

    static long[] ofAscii(String text) {
        return packed(text, ASCII_BITS);
    }

    static long[] ofAny(String text) {
        return packed(text, ANY_BITS);
    }

    static String ascii(long[] numbers, int length) {
        return unpacked(numbers, length, ASCII_BITS);
    }

    static String any(long[] numbers, int length) {
        return unpacked(numbers, length, ANY_BITS);
    }

    /** How many numbers such a text is. */
    static int lengthOfAscii(int characters) {
        return length(characters, ASCII_BITS);
    }

    /** How many numbers such a text is. */
    static int lengthOfAny(int characters) {
        return length(characters, ANY_BITS);
    }

    private static int length(int characters, int bits) {
        int each = Long.SIZE / bits;
        return (characters + each - 1) / each;
    }

    private static long[] packed(String text, int bits) {
        int each = Long.SIZE / bits;
        var numbers = new long[length(text.length(), bits)];
        for (int i = 0; i < text.length(); i++) {
            numbers[i / each] = numbers[i / each] << bits | text.charAt(i);
        }
        return numbers;
    }

    /** A number that is not full has its characters in the low bits. */
    private static String unpacked(long[] numbers, int length, int bits) {
        int each = Long.SIZE / bits;
        var text = new char[length];
        for (int i = 0; i < length; i++) {
            int inNumber = Math.min(each, length - i / each * each);
            int shift = (inNumber - 1 - i % each) * bits;
            text[i] = (char) (numbers[i / each] >>> shift & (1L << bits) - 1);
        }
        return new String(text);
    }
}

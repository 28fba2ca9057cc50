package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Names an admission, and carries what a settlement needs when everything else about it is forgotten or cannot be read (a late one, an emptied or silent
 * Redis): whose it was, when, under which request id, and for what. It is no secret and gives no right: only a proxy may use it.
 *
 * @param text URL-safe, made of the others. Format: version, key id, milliseconds, kind of the root, then texts, each after its length in two bytes: the
 *             root's id, request id, model, end user, tags
 */
public record AdmissionId(
        UUID keyId, Instant admittedAt, TenantRoot root, String requestId, Subject subject, String text) {

    private static final byte FORMAT = 2;
    private static final int LONGEST = 2_048;

    /** So that the text is never longer: it has four characters for three bytes. */
    private static final int MOST_BYTES = LONGEST / 4 * 3;

    private static final int LONGEST_REQUEST_ID = 255;

    /** Version, key id, milliseconds, kind of the root. */
    private static final int HEAD_BYTES = 1 + 16 + 8 + 1;

    /** Later than anything that we write, and within what the ledger has days for. */
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    /**
     * What was admitted, as far as the id says it.
     *
     * @param model   null where it does not
     * @param endUser null also where there is none
     */
    public record Subject(String model, String endUser, List<String> tags) {

        public static final Subject UNSAID = new Subject(null, null, List.of());

        public Subject {
            tags = List.copyOf(tags);
        }

        Subject withoutTags() {
            return new Subject(model, endUser, List.of());
        }

        private boolean isUnsaid() {
            return model == null && endUser == null && tags.isEmpty();
        }

        private void addTo(List<String> texts) {
            if (!isUnsaid()) {
                texts.add(orNothing(model));
                texts.add(orNothing(endUser));
                texts.addAll(tags);
            }
        }

        private static String orNothing(String text) {
            return text == null ? "" : text;
        }

        private static Subject of(List<String> texts) {
            return texts.size() < 2
                    ? UNSAID
                    : new Subject(orNull(texts.get(0)), orNull(texts.get(1)), texts.subList(2, texts.size()));
        }

        private static String orNull(String text) {
            return text.isEmpty() ? null : text;
        }
    }

    /** An id that does not say for what. */
    public AdmissionId(UUID keyId, Instant admittedAt, TenantRoot root, String requestId) {
        this(
                keyId,
                admittedAt,
                root,
                requestId,
                Subject.UNSAID,
                text(keyId, admittedAt, root, requestId, Subject.UNSAID));
    }

    /** Where there are more tags than fit, the id does not say them. */
    static AdmissionId of(UUID keyId, Instant admittedAt, TenantRoot root, String requestId, Subject subject) {
        var said = fitting(subject, root, requestId);
        return new AdmissionId(
                keyId, admittedAt, root, requestId, said, text(keyId, admittedAt, root, requestId, said));
    }

    /** The reservation's name under its root. */
    public String holdId() {
        return holdId(keyId, requestId);
    }

    static String holdId(UUID keyId, String requestId) {
        return keyId + ":" + requestId;
    }

    private static Subject fitting(Subject subject, TenantRoot root, String requestId) {
        if (length(root, requestId, subject) <= MOST_BYTES) {
            return subject;
        }
        var shorter = subject.withoutTags();
        return length(root, requestId, shorter) <= MOST_BYTES ? shorter : Subject.UNSAID;
    }

    /** At most: a character has three bytes, or two have four. */
    private static int length(TenantRoot root, String requestId, Subject subject) {
        int length = HEAD_BYTES;
        for (var text : texts(root, requestId, subject)) {
            length += Short.BYTES + 3 * text.length();
        }
        return length;
    }

    private static List<String> texts(TenantRoot root, String requestId, Subject subject) {
        var texts = new ArrayList<String>(4 + subject.tags().size());
        texts.add(root.id());
        texts.add(requestId);
        subject.addTo(texts);
        return texts;
    }

    private static String text(UUID keyId, Instant admittedAt, TenantRoot root, String requestId, Subject subject) {
        var texts = texts(root, requestId, subject);
        var encoded = new byte[texts.size()][];
        int length = HEAD_BYTES;
        for (int i = 0; i < encoded.length; i++) {
            encoded[i] = texts.get(i).getBytes(StandardCharsets.UTF_8);
            length += Short.BYTES + encoded[i].length;
        }
        var bytes = ByteBuffer.allocate(length)
                .put(FORMAT)
                .putLong(keyId.getMostSignificantBits())
                .putLong(keyId.getLeastSignificantBits())
                .putLong(admittedAt.toEpochMilli())
                .put((byte) root.kind().ordinal());
        for (var text : encoded) {
            bytes.putShort((short) text.length).put(text);
        }
        return ENCODER.encodeToString(bytes.array());
    }

    /** Empty when the text names no admission. */
    public static Optional<AdmissionId> parse(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            var bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            return bytes.get() == FORMAT ? Optional.of(read(bytes)) : Optional.empty();
        } catch (IllegalArgumentException | BufferUnderflowException | IndexOutOfBoundsException malformed) {
            return Optional.empty();
        }
    }

    private static AdmissionId read(ByteBuffer bytes) {
        var keyId = new UUID(bytes.getLong(), bytes.getLong());
        var at = Instant.ofEpochMilli(bytes.getLong());
        var kind = ResourceKind.values()[bytes.get()];
        var root = new TenantRoot(kind, named(bytes));
        var requestId = named(bytes);
        var subject = new ArrayList<String>();
        while (bytes.hasRemaining()) {
            subject.add(text(bytes));
        }
        return of(keyId, at, root, requestId, Subject.of(subject));
    }

    /** We never hand out others, and the ledger would refuse them, with all that is booked in one group with them. */
    public boolean isBookable() {
        return requestId.length() <= LONGEST_REQUEST_ID
                && texts(root, requestId, subject).stream().noneMatch(text -> text.indexOf('\0') >= 0)
                && !admittedAt.isBefore(Instant.EPOCH)
                && admittedAt.isBefore(LATEST);
    }

    private static String named(ByteBuffer bytes) {
        var text = text(bytes);
        if (text.isEmpty()) {
            throw new IllegalArgumentException();
        }
        return text;
    }

    private static String text(ByteBuffer bytes) {
        int length = bytes.getShort();
        if (length < 0 || length > bytes.remaining()) {
            throw new IllegalArgumentException();
        }
        var text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}

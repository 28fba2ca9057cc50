package io.tenantry.core;

/** One object, named. */
public record ResourceRef(ResourceKind kind, String id) {

    /** A membership has two ids; the outer one comes first. Ids may not contain a slash ({@link Ids}), so this is unambiguous. */
    public static ResourceRef member(ResourceKind kind, String outerId, String userId) {
        return new ResourceRef(kind, outerId + "/" + userId);
    }
}

package io.tenantry.keys;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a list of keys is made of, for its description: tokens, or rows where those were asked for, or what is kept of deleted keys. */
@Schema(
        name = "KeyListEntry",
        anyOf = {String.class, KeyRow.class, DeletedKeyRow.class})
interface KeyListEntry {}

package io.tenantry.platform.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;

/** What a generator writes, handed on as it is: copies of answers were an eighth of all that was allocated. */
public final class JsonBytes extends ByteArrayOutputStream {

    /** @param usual bytes that most texts fit into */
    public JsonBytes(int usual) {
        super(usual);
    }

    /** What was written. Nothing may be written any more. */
    public Buffer buffer() {
        return Buffer.buffer(Unpooled.wrappedBuffer(buf, 0, count));
    }
}

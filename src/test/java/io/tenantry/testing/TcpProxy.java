package io.tenantry.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands before a server and makes it slow, silent or unreachable, without touching the server. */
public final class TcpProxy implements AutoCloseable {

    private static final int BUFFER = 16_384;

    private final int target;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object thaw = new Object();
    private volatile ServerSocket listener;
    private volatile long delayMillis;
    private volatile boolean frozen;

    private TcpProxy(int target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        this.port = listener.getLocalPort();
        accept(listener);
    }

    public static TcpProxy to(int port) {
        try {
            return new TcpProxy(port);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public int port() {
        return port;
    }

    /** Each piece that arrives from the server waits this long. */
    public void delay(long millis) {
        delayMillis = millis;
    }

    /** Connections stay open and new ones are accepted, and nothing gets through: as with a frozen process. */
    public void freeze() {
        frozen = true;
    }

    public void thaw() {
        frozen = false;
        synchronized (thaw) {
            thaw.notifyAll();
        }
    }

    /** Connections are cut and new ones refused: as with a stopped server. */
    public void cut() {
        closeQuietly(listener);
        listener = null;
        sockets.forEach(TcpProxy::closeQuietly);
    }

    public void restore() {
        if (listener != null) {
            return;
        }
        try {
            var reopened = new ServerSocket();
            reopened.setReuseAddress(true);
            reopened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
            listener = reopened;
            accept(reopened);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void accept(ServerSocket from) {
        daemon(() -> {
            while (!from.isClosed()) {
                var near = from.accept();
                var far = new Socket(InetAddress.getLoopbackAddress(), target);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                sockets.add(near);
                sockets.add(far);
                daemon(() -> pump(near, far, false));
                daemon(() -> pump(far, near, true));
                if (from.isClosed()) {
                    closeQuietly(near);
                    closeQuietly(far);
                }
            }
        });
    }

    private void pump(Socket from, Socket to, boolean answers) throws IOException, InterruptedException {
        try (from;
                to) {
            var buffer = new byte[BUFFER];
            for (int n = from.getInputStream().read(buffer);
                    n >= 0;
                    n = from.getInputStream().read(buffer)) {
                if (answers && delayMillis > 0) {
                    Thread.sleep(delayMillis);
                }
                while (frozen) {
                    synchronized (thaw) {
                        thaw.wait(100);
                    }
                }
                to.getOutputStream().write(buffer, 0, n);
                to.getOutputStream().flush();
            }
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void daemon(Body body) {
        var thread = new Thread(
                () -> {
                    try {
                        body.run();
                    } catch (Exception closed) {
                        // the connection or the listener is gone
                    }
                },
                "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception ignored) {
            // it is gone already
        }
    }

    @Override
    public void close() {
        cut();
    }
}

package caseweave

import java.io.InputStream
import java.io.OutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** A line to a server that goes dead, without a word, after so many bytes have come. */
internal class Proxy(private val to: String) : AutoCloseable {
    private val listening = ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())
    private val sockets = CopyOnWriteArrayList<Socket>()

    /** How many more bytes come from the server. */
    @Volatile
    var left = Long.MAX_VALUE

    /** How many more connections are taken. */
    @Volatile
    var connections = Int.MAX_VALUE
    val address: String get() = "127.0.0.1:${listening.localPort}"

    init {
        thread(isDaemon = true) {
            runCatching { while (true) take(listening.accept()) }
        }
    }

    private fun take(phone: Socket) {
        if (connections-- <= 0) return phone.close()
        val (host, port) = to.split(":")
        val server = Socket(host, port.toInt())
        sockets += listOf(phone, server)
        thread(isDaemon = true) { copy(phone.getInputStream(), server.getOutputStream()) {} }
        thread(isDaemon = true) { copy(server.getInputStream(), phone.getOutputStream(), ::spend) }
    }

    private fun copy(from: InputStream, to: OutputStream, before: (Int) -> Unit) {
        runCatching {
            val buffer = ByteArray(BUFFER)
            while (true) {
                val count = from.read(buffer)
                if (count < 0) break
                before(count)
                to.write(buffer, 0, count)
            }
            to.close()
        }
    }

    private fun spend(count: Int) {
        left -= count
        while (left < 0) Thread.sleep(STEP_MS)
    }

    override fun close() {
        listening.close()
        sockets.forEach(Socket::close)
    }

    private companion object {
        const val BACKLOG = 20
        const val BUFFER = 4096
        const val STEP_MS = 20L
    }
}

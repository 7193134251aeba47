package caseweave

import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import java.io.File
import java.net.InetSocketAddress
import java.security.KeyStore as JavaKeyStore
import java.util.Base64
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext

/** A server that says no to everything: what no real server of this version says, [code] with a [status]. */
internal class StandIn(folder: File, private val status: Int, private val code: String) : AutoCloseable {
    private val keys = JavaKeyStore.getInstance("PKCS12").apply { made(folder).inputStream().use { load(it, WORD) } }
    private val server = HttpsServer.create(InetSocketAddress("127.0.0.1", 0), 0)

    val address get() = "https://127.0.0.1:${server.address.port}"

    /** Its certificate, which is its own authority. */
    val authority: String
        get() {
            val lines = Base64.getMimeEncoder(64, "\n".toByteArray()).encodeToString(keys.getCertificate(NAME).encoded)
            return "-----BEGIN CERTIFICATE-----\n$lines\n-----END CERTIFICATE-----\n"
        }

    init {
        val managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm()).apply { init(keys, WORD) }
        val context = SSLContext.getInstance("TLS").apply { init(managers.keyManagers, null, null) }
        server.httpsConfigurator = HttpsConfigurator(context)
        server.createContext("/") { asked ->
            asked.requestBody.readBytes()
            val answer = """{"error":{"code":"$code","detail":"No."}}""".toByteArray()
            asked.sendResponseHeaders(status, answer.size.toLong())
            asked.responseBody.use { it.write(answer) }
        }
        server.start()
    }

    override fun close() = server.stop(0)

    private companion object {
        const val NAME = "stand-in"
        val WORD = "stand-in".toCharArray()

        /** A key and its certificate, made by the JDK's own program. */
        fun made(folder: File): File {
            val file = File.createTempFile("stand-in", ".p12", folder).apply { delete() }
            val program = File(System.getProperty("java.home"), "bin/keytool").path
            val made = ProcessBuilder(
                program, "-genkeypair", "-alias", NAME, "-keyalg", "EC", "-groupname", "secp256r1",
                "-dname", "CN=$NAME", "-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:false", "-validity", "2",
                "-storetype", "PKCS12", "-keystore", file.path, "-storepass", String(WORD),
            ).redirectErrorStream(true).start()
            val said = made.inputStream.bufferedReader().readText()
            check(made.waitFor() == 0) { said }
            return file
        }
    }
}

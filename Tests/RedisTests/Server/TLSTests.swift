import Foundation
import LocalStack
import Redis
import Testing
import TestSupport

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    /// A certificate for `localhost` that is its own authority.
    private func certificate(in folder: String) throws -> (certificate: String, key: String) {
        let (certificate, key) = ("\(folder)/cert.pem", "\(folder)/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        return (certificate, key)
    }

    private func withServer(_ body: (PrivateRedis, _ port: Int, _ certificate: String) async throws -> Void) async throws {
        let (certificate, key) = try certificate(in: TestFolder.make("tls"))
        let port = try FreePort.next()
        let words = ["--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"]
        try await PrivateRedis.with(words) { server in try await body(server, port, certificate) }
    }

    @Test("A private server is trusted by its authority's file, and commands, blocking reads and messages go over TLS")
    func trusted() async throws {
        try await withServer { _, port, certificate in
            try await withClient("rediss://localhost:\(port)?cacert=\(certificate)") { client in
                #expect(try await client.send(RedisCommand("PING"), timeout: .seconds(20)) == .simple("PONG"))
                let large = [UInt8](repeating: 7, count: 1_000_000)
                _ = try await client.send(RedisCommand("SET", "k", .bytes(large)))
                #expect(try await client.send(RedisCommand("GET", "k")) == .bulk(large))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<16 {
                        group.addTask {
                            for round in 0..<100 {
                                let echo = try await client.send(RedisCommand("ECHO", "\(task)/\(round)"))
                                #expect(echo.string == "\(task)/\(round)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.blockingConnection().send(RedisCommand("PING"), timeout: .seconds(10)) == .simple("PONG"))
            }
        }
    }

    @Test("A certificate that nobody vouches for is refused, unless the URL says insecure")
    func untrusted() async throws {
        try await withServer { _, port, _ in
            try await withClient("rediss://localhost:\(port)?insecure=1") { client in
                let reply = try await client.send(RedisCommand("PING"), timeout: .seconds(20))
                #expect(reply == .simple("PONG"))
            }
            try await withClient("rediss://localhost:\(port)") { client in
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING"), timeout: .seconds(1)) }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(String(describing: error))")
            }
        }
    }

    @Test("A certificate for another name is refused")
    func otherName() async throws {
        try await withServer { _, port, certificate in
            try await withClient("rediss://127.0.0.1:\(port)?cacert=\(certificate)") { client in
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING"), timeout: .seconds(1)) }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("no connection") == true, "\(String(describing: error))")
            }
        }
    }

    @Test("An authority file that is not there is named")
    func missingFile() async throws {
        try await withClient("rediss://localhost:1?cacert=/nowhere/ca.pem") { client in
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING"), timeout: .seconds(1)) }
            #expect(error?.message.contains("/nowhere/ca.pem") == true, "\(String(describing: error))")
        }
    }
}

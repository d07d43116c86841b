import Redis
import Testing

@Suite struct RedisErrorTests {
    @Test(
        "The prefix of a server's error is its first word in capitals",
        arguments: [
            ("NOGROUP No such key 's'", "NOGROUP"), ("ERR unknown command", "ERR"), ("NOSCRIPT", "NOSCRIPT"), ("MOVED 3999 127.0.0.1:6381", "MOVED"),
            ("user_script:1: Script attempted", nil), ("", nil), (" ERR", nil), ("Err x", nil),
        ] as [(String, String?)])
    func prefixes(_ text: String, _ prefix: String?) {
        let error = RedisError(serverReply: text, command: "X")
        #expect(error.code == .server)
        #expect(error.serverPrefix == prefix)
        #expect(error.message == text)
    }

    @Test(
        "What passes by itself is retryable",
        arguments: [
            (RedisError(.connection, ""), true), (RedisError(.timeout, ""), true), (RedisError(.overloaded, ""), true),
            (RedisError(.protocol, ""), false), (RedisError(.configuration, ""), false), (RedisError(.cancelled, ""), false),
            (RedisError(serverReply: "LOADING Redis is loading", command: nil), true), (RedisError(serverReply: "OOM command", command: nil), true),
            (RedisError(serverReply: "READONLY You can't write", command: nil), true), (RedisError(serverReply: "ERR syntax", command: nil), false),
            (RedisError(serverReply: "WRONGTYPE x", command: nil), false), (RedisError(serverReply: "no prefix", command: nil), false),
        ])
    func retryable(_ error: RedisError, _ isRetryable: Bool) {
        #expect(error.isRetryable == isRetryable, "\(error)")
    }

    @Test("A description names the code, the command and the reason")
    func description() {
        #expect(
            "\(RedisError(.timeout, "no reply within 5.0 seconds", command: "XADD"))" == "Redis timeout error in XADD: no reply within 5.0 seconds")
        #expect("\(RedisError(.configuration, "wrong"))" == "Redis configuration error: wrong")
    }
}

import Testing

@testable import Redis

/// The numbers are those that `CLUSTER KEYSLOT` of Redis 7.0 answers.
@Suite struct ClusterSlotTests {
    @Test("CRC16 of the specification's vector")
    func vector() {
        #expect(ClusterSlot.crc16("123456789".utf8) == 0x31c3)
        #expect(ClusterSlot.crc16([]) == 0)
    }

    @Test(
        "a key is hashed whole, or by its tag where it has one",
        arguments: [
            ("", 0), ("123456789", 12_739), ("foo", 12_182), ("bar", 5_061), ("tickets/0", 1_915), ("mainstay:{tickets/0}:ready", 1_915),
            // Nothing between the first braces: the whole key, whatever comes later.
            ("foo{}{bar}", 8_363),
            // The tag ends at the first closing brace and begins at the first opening one.
            ("foo{{bar}}zap", 4_015), ("{bar", 4_015), ("foo{bar}{zap}", 5_061),
            // A closing brace in front of the opening one closes nothing.
            ("}{bar}", 5_061), ("{{bar", 16_086),
        ])
    func keys(_ key: String, _ slot: Int) {
        #expect(ClusterSlot(key: key.utf8).number == slot)
        #expect(ClusterSlot(of: .string(key)) == ClusterSlot(of: .bytes(Array(key.utf8))))
    }

    @Test("a whole number is hashed as it is written")
    func integers() {
        #expect(ClusterSlot(of: .integer(123_456_789)).number == 12_739)
    }

    @Test("there are 16,384 of them")
    func bounds() {
        #expect(ClusterSlot(0)?.number == 0 && ClusterSlot(16_383)?.number == 16_383)
        #expect(ClusterSlot(-1) == nil && ClusterSlot(16_384) == nil)
    }
}

@Suite struct CommandKeyTests {
    private func key(_ words: String...) -> String? {
        let command = RedisCommand(words[0], arguments: words.dropFirst().map { .string($0) })
        guard case .string(let key)? = command.key else { return nil }
        return key
    }

    @Test("most commands have their key first")
    func first() {
        #expect(key("GET", "k") == "k")
        #expect(key("get", "k") == "k")
        #expect(key("XADD", "k", "*", "f", "v") == "k")
        #expect(key("MGET", "a", "b") == "a")
    }

    @Test("a script has it behind the number of its keys, and none without any")
    func scripts() {
        let command = RedisScript(name: "s", source: "return 1").evaluateByDigest(keys: ["a", "b"], arguments: ["c"])
        #expect(command.key == "a" && command.isScript)
        #expect(key("EVAL", "return 1", "1", "k", "x") == "k")
        #expect(key("EVAL", "return 1", "0", "x") == nil)
        #expect(!RedisCommand("GET", "k").isScript)
    }

    @Test("reads from streams have it behind STREAMS, and a group or consumer of that name misleads nobody")
    func streams() {
        #expect(key("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "BLOCK", "5", "STREAMS", "a", "b", ">", ">") == "a")
        #expect(key("XREADGROUP", "GROUP", "STREAMS", "STREAMS", "streams", "a", ">") == "a")
        #expect(key("XREAD", "COUNT", "1", "STREAMS", "a", "0") == "a")
        #expect(key("XREAD", "COUNT", "1") == nil)
    }

    @Test("subcommands come before it")
    func subcommands() {
        #expect(key("XGROUP", "CREATE", "k", "g", "0") == "k")
        #expect(key("XINFO", "GROUPS", "k") == "k")
        #expect(key("OBJECT", "ENCODING", "k") == "k")
        #expect(key("MIGRATE", "h", "1", "k", "0", "1000") == "k")
    }

    @Test("commands without a key go anywhere, except those that speak of all keys")
    func none() {
        for name in ["PING", "PUBLISH", "INFO", "CONFIG", "SCRIPT"] {
            #expect(key(name, "x") == nil, "\(name)")
            #expect(!RedisCommand(name).isOfOneServer, "\(name)")
        }
        for name in ["SCAN", "FLUSHALL", "DBSIZE", "KEYS"] {
            #expect(key(name, "x") == nil, "\(name)")
            #expect(RedisCommand(name).isOfOneServer, "\(name)")
            let error = #expect(throws: RedisError.self) { try ClusterErrand(RedisCommand(name)) }
            #expect(error?.code == .configuration && error?.message.contains("nodes()") == true)
        }
    }
}

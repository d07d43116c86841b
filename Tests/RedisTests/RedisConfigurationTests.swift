import Testing

@testable import Redis

@Suite struct RedisConfigurationTests {
    typealias Address = RedisConfiguration.Address

    @Test(
        "The forms of the URL are read",
        arguments: [
            ("redis://localhost", .tcp(host: "localhost", port: 6_379), 0), ("redis://10.0.0.7:6380/2", .tcp(host: "10.0.0.7", port: 6_380), 2),
            ("REDIS://h/", .tcp(host: "h", port: 6_379), 0), ("redis://[::1]:6379/15", .tcp(host: "::1", port: 6_379), 15),
            ("redis://[fe80::1]", .tcp(host: "fe80::1", port: 6_379), 0), ("redis://:p%40ss@h:1/0", .tcp(host: "h", port: 1), 0),
            ("unix:///run/redis.sock", .unix(path: "/run/redis.sock"), 0), ("unix:///run/a%20b?db=3", .unix(path: "/run/a b"), 3),
        ] as [(String, Address, Int)])
    func forms(_ url: String, _ address: Address, _ database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.address == address)
        #expect(configuration.database == database)
        #expect(configuration.tls == nil)
    }

    @Test(
        "User name and password are decoded",
        arguments: [
            ("redis://:secret@h", nil, "secret"), ("redis://ann:secret@h", "ann", "secret"),
            ("redis://a%3Ab:p%2Fq%3Fr%23s%40t@h", "a:b", "p/q?r#s@t"),
            ("redis://ann:a:b@h", "ann", "a:b"), ("redis://ann:p@ss@h", "ann", "p@ss"), ("redis://ann:%25@h", "ann", "%"),
            ("unix:///s?username=ann&password=p%26q", "ann", "p&q"), ("redis://h", nil, nil),
        ] as [(String, String?, String?)])
    func logins(_ url: String, _ username: String?, _ password: String?) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.username == username)
        #expect(configuration.password?.revealed == password)
    }

    @Test("TLS options are read from rediss URLs only")
    func tls() throws {
        #expect(try RedisConfiguration(url: "rediss://h").tls == .init())
        #expect(try RedisConfiguration(url: "rediss://h:1/2?cacert=/etc/ca%20b.pem").tls == .init(authorityFile: "/etc/ca b.pem"))
        #expect(try RedisConfiguration(url: "rediss://h?insecure=1&name=worker").tls == .init(isInsecure: true))
        #expect(try RedisConfiguration(url: "rediss://h?insecure=0").tls == .init())
        #expect(throws: RedisError.self) { try RedisConfiguration(url: "redis://h?insecure=1") }
    }

    @Test("A cluster is said to be one, with as many of its nodes as one likes")
    func cluster() throws {
        #expect(try RedisConfiguration(url: "redis://h").cluster == nil)
        #expect(try RedisConfiguration(url: "redis://h?cluster=false").cluster == nil)
        #expect(try RedisConfiguration(url: "redis://h/0?cluster=true").cluster == .init())
        let url = "rediss://:p%2Cq@a:7000,b,[::1]:7002/0?cluster=1&name=w"
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.address == .tcp(host: "a", port: 7_000))
        #expect(configuration.cluster?.seeds == [.tcp(host: "b", port: 6_379), .tcp(host: "::1", port: 7_002)])
        #expect(configuration.tls == .init() && configuration.clientName == "w")
        #expect("\(configuration)" == "rediss://:***@a:7000,b:6379,[::1]:7002/0?cluster=true")
    }

    @Test(
        "A wrong URL is refused with every fault named",
        arguments: [
            ("", ["no scheme"]), ("localhost:6379", ["no scheme"]), ("http://h", ["scheme is unknown"]), ("redis://", ["host is missing"]),
            ("redis://:0/x", ["host is missing", "port is not a number", "database in the path is not a number"]),
            ("redis://h:65536", ["port is not a number"]), ("redis://h:+1", ["port is not a number"]), ("redis://h:", ["port is not a number"]),
            ("redis://h/-1", ["database in the path"]), ("redis://h/1/2", ["database in the path"]), ("redis://ann@h", ["no password"]),
            ("redis://ann:@h", ["no password"]), ("redis://[::1", ["closing ']'"]), ("redis://[::1]x", ["only a port may follow"]),
            ("redis://h?color=red", ["option that is unknown", "name"]), ("rediss://h?insecure=maybe", ["insecure takes 1 or 0"]),
            ("redis://a,b", ["cluster=true"]), ("redis://a,?cluster=true", ["host is missing"]), ("redis://a/1?cluster=true", ["no database but 0"]),
            ("redis://a?cluster=maybe", ["cluster takes 1 or 0"]),
            ("redis://h?name=", ["option name has no value"]), ("redis://h?name=a%20b", ["no blank"]), ("redis://h?name=a&name=b", ["given twice"]),
            ("redis://:a%2@h", ["password has a '%'"]), ("redis://:%ff@h", ["password is not UTF-8"]), ("unix://relative", ["must be absolute"]),
            ("unix:///s?username=a", ["no password"]), ("unix:///s?db=x&color=red", ["option db", "unknown"]),
        ])
    func faults(_ url: String, _ words: [String]) {
        #expect {
            try RedisConfiguration(url: url)
        } throws: { error in
            guard let error = error as? RedisError, error.code == .configuration else { return false }
            return words.allSatisfy(error.message.contains)
        }
    }

    @Test("A path longer than the system takes is refused with its length")
    func longPath() {
        #expect {
            try RedisConfiguration(url: "unix:///" + String(repeating: "a", count: 107))
        } throws: { error in
            "\(error)".contains("108 bytes")
        }
        #expect(throws: Never.self) { try RedisConfiguration(url: "unix:///" + String(repeating: "a", count: 106)) }
    }

    @Test(
        "A wrong URL never shows the password, nor a piece of one whose special characters were not encoded",
        arguments: [
            "redis://ann:hunter2@h:x", "redis://:hun/ter2@h:6379", "redis://:hun?ter2@h", "redis://:hun#ter2@h", "redis://:hun#/ter2@h",
            "redis:/:hunter2@h", "redis://ann:hunter2%@h", "redis://ann:hunter2@h/hunter2?x=hunter2", "unix:///s?password=hunter2&db=x",
            "hunter2", "hunter2://h", "redis://:hun:ter2@:h",
        ])
    func secrecy(_ url: String) {
        #expect {
            try RedisConfiguration(url: url)
        } throws: { error in
            !"\(error)".contains("hun") && !"\(error)".contains("ter2") && !String(reflecting: error).contains("hunter2")
        }
    }

    @Test("No description, mirror or dump of a configuration shows the password")
    func descriptions() throws {
        for url in ["rediss://ann:hunter2@[::1]:6380/3?cacert=/ca", "unix:///s?password=hunter2"] {
            let configuration = try RedisConfiguration(url: url)
            var dumped = ""
            dump(configuration, to: &dumped)
            for text in [
                dumped, "\(configuration)", String(reflecting: configuration), "\(Mirror(reflecting: configuration).children.map { "\($0)" })",
            ] {
                #expect(!text.contains("hunter2"))
            }
        }
        #expect("\(try RedisConfiguration(url: "rediss://ann:hunter2@[::1]:6380/3"))" == "rediss://ann:***@[::1]:6380/3")
        #expect("\(try RedisConfiguration(url: "redis://:hunter2@h"))" == "redis://:***@h:6379/0")
        #expect("\(try RedisConfiguration(url: "unix:///s?password=hunter2&db=1"))" == "unix:///s?db=1&password=***")
    }

    @Test("Defaults are those the documentation gives")
    func defaults() throws {
        let configuration = try RedisConfiguration(url: "redis://h")
        #expect(configuration.commandTimeout == .seconds(5))
        #expect(configuration.connectTimeout == .seconds(2))
        #expect(configuration.maximumCommandsInFlight == 16_384)
        #expect(configuration.clientName == "mainstay")
    }
}

import TestSupport
import Testing

@testable import Inference

@Suite("Where tools may be called") struct AddressPolicyTests {
    private let url = ToolURL("https://tools.example.com/weather")

    static let kinds: [(String, AddressKind)] = [
        ("93.184.215.14", .global), ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("127.0.0.1", .loopback),
        ("127.255.255.255", .loopback), ("10.1.2.3", .private), ("172.16.0.0", .private), ("172.31.255.255", .private), ("172.32.0.0", .global),
        ("192.168.0.1", .private), ("169.254.1.1", .linkLocal), ("169.254.169.254", .metadata), ("168.63.129.16", .metadata),
        ("100.64.0.1", .sharedNAT), ("100.127.255.255", .sharedNAT), ("100.128.0.0", .global), ("100.100.100.200", .metadata),
        ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("255.255.255.255", .reserved), ("192.0.2.1", .documentation),
        ("198.51.100.1", .documentation), ("203.0.113.1", .documentation), ("198.18.0.1", .reserved), ("192.0.0.1", .reserved),
        ("::", .unspecified), ("::1", .loopback), ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fc00::1", .private), ("fd12::1", .private),
        ("fec0::1", .private), ("fd00:ec2::254", .metadata), ("ff02::1", .multicast), ("2001:db8::1", .documentation),
        ("3fff::1", .documentation), ("::ffff:93.184.215.14", .embedded), ("::93.184.215.14", .embedded), ("64:ff9b::10.0.0.1", .embedded),
        ("64:ff9b:1::1", .embedded), ("2002:0a00:0001::1", .embedded), ("2001:0:1::1", .embedded), ("100::1", .reserved), ("4000::1", .reserved),
        ("2001:100::1", .reserved), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", .global),
    ]

    @Test("addresses are told apart by what they lead to", arguments: kinds)
    func kind(_ text: String, _ kind: AddressKind) throws {
        #expect(AddressKind(try #require(IPAddress(text))) == kind)
    }

    @Test("without a list only what is global is reached, whatever the address and however it is spelled", arguments: [UInt64(11), 12, 13])
    func strict(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let url = try #require(url)
        // Half of them near the ranges that matter, or nearly all would be global.
        let near: [UInt32] = [0x0A00_0000, 0x7F00_0000, 0xA9FE_0000, 0xAC10_0000, 0xC0A8_0000, 0x6440_0000, 0xE000_0000, 0]
        for turn in 0..<2_000 {
            let noise = UInt32.random(in: .min ... .max, using: &random)
            let number = turn.isMultiple(of: 2) ? noise : near[turn / 2 % near.count] | noise & 0xF_FFFF
            let address = IPAddress.v4(number)
            let isGlobal = AddressKind(address) == .global
            #expect((AddressPolicy.strict.refusal(of: url, at: [address]) == nil) == isGlobal, "\(address)")
            for text in ["https://\(number)/", "https://0x\(String(number, radix: 16))/", "https://\(address)./"] {
                let literal = try #require(ToolURL(text))
                #expect((AddressPolicy.strict.refusal(of: literal) == nil) == isGlobal, "\(text)")
            }
            // Inside of an IPv6 address it is reached in no clothes at all.
            for base in [UInt128(0xFFFF) << 32, 0, UInt128(0x0064_FF9B) << 96] {
                #expect(AddressPolicy.strict.refusal(of: url, at: [.v6(base | UInt128(number))]) != nil)
            }
            #expect(AddressPolicy.strict.refusal(of: url, at: [.v6(UInt128(0x2002) << 112 | UInt128(number) << 80)]) != nil)
            // One of these among good ones is enough.
            let good = try #require(IPAddress("93.184.215.14"))
            #expect((AddressPolicy.strict.refusal(of: url, at: [good, address]) == nil) == isGlobal)
        }
    }

    @Test("https on the usual ports, and nothing else")
    func form() throws {
        let address = try #require(IPAddress("93.184.215.14"))
        for (text, isGood) in [
            ("https://a.example/", true), ("https://a.example:8443/", true), ("http://a.example/", false), ("https://a.example:22/", false),
            ("https://a.example:6379/", false), ("http://a.example:443/", false),
        ] {
            let url = try #require(ToolURL(text))
            #expect((AddressPolicy.strict.refusal(of: url) == nil) == isGood, "\(text)")
            #expect((AddressPolicy.strict.refusal(of: url, at: [address]) == nil) == isGood, "\(text)")
        }
    }

    @Test("an operator's list opens names, suffixes and ranges, with http and on any port, and nothing beside them")
    func allowed() throws {
        let policy = try AddressPolicy(allowing: ["10.1.0.0/16", " fd00::/64 ", "Tools.Internal", ".corp.example", ""])
        func refusal(_ text: String, _ addresses: String...) throws -> String? {
            policy.refusal(of: try #require(ToolURL(text)), at: try addresses.map { try #require(IPAddress($0)) })
        }
        #expect(try refusal("http://any.example:8080/", "10.1.2.3") == nil)
        #expect(try refusal("http://any.example:8080/", "10.2.2.3") != nil)
        #expect(try refusal("https://any.example/", "10.1.2.3", "10.2.0.1") != nil)
        #expect(try refusal("http://any.example/", "10.1.2.3", "93.184.215.14") != nil, "http is for what is allowed, and one of them is not")
        #expect(try refusal("https://any.example/", "10.1.2.3", "93.184.215.14") == nil)
        #expect(try refusal("http://any.example/", "fd00::7") == nil)
        #expect(try refusal("http://tools.internal:9000/", "192.168.0.1") == nil)
        #expect(try refusal("http://a.corp.example/", "127.0.0.1") == nil)
        #expect(try refusal("http://corp.example/", "127.0.0.1") != nil)
        #expect(try refusal("http://evilcorp.example/", "127.0.0.1") != nil)
        #expect(try refusal("https://tools.internal/") != nil, "a name without an address is not called")
        #expect(policy.refusal(of: try #require(ToolURL("http://[fd00::7]:81/"))) == nil)
        #expect(policy.refusal(of: try #require(ToolURL("http://[fd01::7]:81/"))) != nil)
    }

    @Test("an entry that is none is told", arguments: ["10.0.0.0/40", "http://host", "host:80", "*.corp", "1.2.3", "a b!c"])
    func faults(_ entry: String) {
        let fault = #expect(throws: AddressPolicy.Fault.self) { try AddressPolicy(allowing: ["10.0.0.1", entry]) }
        #expect(fault?.description.contains(entry) == true)
    }
}
